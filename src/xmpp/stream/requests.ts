import { randomBytes } from 'node:crypto';
import type { Element } from 'ltx';
import type { Clock } from '#src/lib/time/clock.ts';
import type { SilentServers } from '#src/xmpp/peers/silent-servers.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';
import type { Stream } from './barriers.ts';

export type Ask = {
  readonly to: string;
  readonly payload: Xml;
  readonly type?: 'get' | 'set';
  /** An address of our domain; the domain itself if left out. */
  readonly from?: string;
  /** Milliseconds; 30,000 if left out. */
  readonly timeout?: number;
  /** Asks whether a server is there: whatever it has left unanswered before, and nothing follows from no answer. */
  readonly anyway?: true;
};

/** Our own IQs that wait for their answer. One for all links: an answer may come in on the link of another domain. */
export type Requests = {
  /**
   * Resolves with the answer, be it a result or an error (`attrs.type` says which). Rejects when the link drops, when
   * nobody answers in time or is known not to, or when the writer refuses.
   */
  ask(stream: Stream, ask: Ask): Promise<Element>;
  /** Takes an iq; false if it is a request that somebody else has to answer. Answers to nothing that is open are dropped. */
  take(iq: Element): boolean;
  /** Rejects everything that was asked on the stream of a domain. */
  drop(domain: string, reason: string): void;
};

type Open = { readonly domain: string; resolve(answer: Element): void; reject(error: Error): void; cancel(): void };

const TIMEOUT = 30_000;
const MOST_OPEN = 10_000;

export function createRequests(clock: Clock, servers: SilentServers): Requests {
  const open = new Map<string, Open>();
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;

  function settle(key: string): Open | undefined {
    const found = open.get(key);
    found?.cancel();
    open.delete(key);
    return found;
  }

  function giveUp(key: string, { to, anyway }: Ask): void {
    if (!anyway) servers.unanswered(to);
    settle(key)?.reject(new Error('nobody answered in time'));
  }

  function send({ domain, writer }: Stream, ask: Ask, id: string): Promise<Element> {
    const { to, from = domain, type = 'get', timeout = TIMEOUT } = ask;
    // RFC 6120 §8.2.3 matches by id and peer alone; an answer from or to anybody else is forged.
    const key = keyOf(id, to, from);
    return new Promise<Element>((resolve, reject) => {
      const cancel = clock.after(timeout, () => giveUp(key, ask));
      open.set(key, { domain, resolve, reject, cancel });
      if (!writer.stanza('iq', { from, to, type, id }, ask.payload)) settle(key)?.reject(new Error('it was not sent'));
    });
  }

  return {
    ask(stream, ask) {
      if (open.size >= MOST_OPEN) return Promise.reject(new Error('too many requests are open'));
      if (!ask.anyway && servers.silent(ask.to))
        return Promise.reject(new Error('the server has left an earlier request unanswered'));
      return send(stream, ask, `${prefix}-${(count++).toString(36)}`);
    },
    take(iq) {
      const { type, id, from = '', to } = iq.attrs;
      if (type !== 'result' && type !== 'error') return false;
      const found = settle(keyOf(id, from, to));
      if (found) servers.answered(from);
      found?.resolve(iq);
      return true;
    },
    drop(domain, reason) {
      for (const [key, one] of [...open]) if (one.domain === domain) settle(key)?.reject(new Error(reason));
    },
  };
}

/** A server answers from the prepared form of the address that it was asked by. */
const keyOf = (id: string | undefined, peer: string, own: string | undefined): string => {
  const { local, domain, resource } = splitJid(peer);
  return `${id}\0${local}@${domain.toLowerCase()}/${resource}\0${own}`;
};
