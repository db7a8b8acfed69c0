import { randomBytes } from 'node:crypto';
import type { Element } from 'ltx';
import type { Clock } from '#src/lib/time/clock.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import type { Writer } from './writer.ts';

/** The stream on which a barrier is sent: the component's own domain, and its writer. */
export type Stream = { readonly domain: string; readonly writer: Pick<Writer, 'stanza'> };

/**
 * Messages from our domains to themselves. A server reads a stream in order, so one that is back proves that all that was
 * written before it has been read, and that the server lives. Messages, since ejabberd 24.12 with mod_privilege drops a
 * component's IQs to a host. One for all links: with `global_routes` (ejabberd's default) a message may come back on the
 * link of another domain of ours.
 */
export type Barriers = {
  /** From now on messages from this domain to itself are ours. */
  serve(domain: string): void;
  /** Resolves once a message sent now, or one sent again after a while, is back. Rejects after `timeout` ms, and when the link drops. */
  wait(stream: Stream, timeout: number): Promise<void>;
  /** Takes a message of ours; false if somebody else wrote it. One that nobody waits for any more is taken, too. */
  take(message: Element): boolean;
  /** Rejects what waits on the stream of a domain. */
  drop(domain: string, reason: string): void;
};

type Open = { readonly domain: string; resolve(): void; reject(error: Error): void; cancel(): void };

const NS_BARRIER = 'isthmus:barrier';
const BARRIER = xml`<barrier xmlns='${NS_BARRIER}'/>`;

/** What went to another link that has just died is lost: it is sent this often before it is given up. */
const SENDINGS = 3;

export function createBarriers(clock: Clock): Barriers {
  const domains = new Set<string>();
  const open = new Map<string, Open>();

  function settle(token: string): Open | undefined {
    const found = open.get(token);
    found?.cancel();
    open.delete(token);
    return found;
  }

  function send(token: string, { domain, writer }: Stream, pause: number, left: number): void {
    const waiting = open.get(token);
    if (!waiting) return;
    if (left === 0)
      return void settle(token)?.reject(new Error('the XMPP server did not hand our message back in time'));
    waiting.cancel = clock.after(pause, () => send(token, { domain, writer }, pause, left - 1));
    const taken = writer.stanza('message', { from: domain, to: domain, id: token }, BARRIER);
    if (!taken) settle(token)?.reject(new Error('it was not sent'));
  }

  return {
    serve: (domain) => void domains.add(domain),
    wait(stream, timeout) {
      const token = randomBytes(16).toString('base64url');
      return new Promise((resolve, reject) => {
        open.set(token, { domain: stream.domain, resolve, reject, cancel: () => {} });
        send(token, stream, timeout / SENDINGS, SENDINGS);
      });
    },
    take(message) {
      const { from, to, id = '' } = message.attrs;
      // RFC 6120 §8.1.2.1: the server vouches for `from`, so nobody but ourselves writes from our domain to itself.
      if (from !== to || !domains.has(from ?? '') || !message.getChild('barrier', NS_BARRIER)) return false;
      if (open.get(id)?.domain === from) settle(id)?.resolve();
      return true;
    },
    drop(domain, reason) {
      for (const [token, one] of [...open]) if (one.domain === domain) settle(token)?.reject(new Error(reason));
    },
  };
}
