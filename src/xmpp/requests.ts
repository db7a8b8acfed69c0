import { randomBytes } from 'node:crypto';
import type { Element } from 'ltx';
import type { Clock } from '#src/lib/clock.ts';
import type { Writer } from './writer.ts';
import type { Xml } from './xml.ts';

export type Ask = {
  readonly to: string;
  readonly payload: Xml;
  readonly type?: 'get' | 'set';
  /** An address of our domain; the domain itself if left out. */
  readonly from?: string;
  /** Milliseconds; 30,000 if left out. */
  readonly timeout?: number;
};

/** Our own IQs that wait for their answer. */
export type Requests = {
  /**
   * Resolves with the answer, be it a result or an error (`attrs.type` says which). Rejects when the link drops, when
   * nobody answers in time, or when the writer refuses.
   */
  ask(ask: Ask): Promise<Element>;
  /** Takes an iq; false if it is a request that somebody else has to answer. Answers to nothing that is open are dropped. */
  take(iq: Element): boolean;
  /** Rejects everything that is open. */
  drop(reason: string): void;
};

type Open = { resolve(answer: Element): void; reject(error: Error): void; cancel(): void };

const TIMEOUT = 30_000;
const MOST_OPEN = 10_000;

export function createRequests(domain: string, writer: Pick<Writer, 'stanza'>, clock: Clock): Requests {
  const open = new Map<string, Open>();
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;

  function settle(key: string): Open | undefined {
    const found = open.get(key);
    found?.cancel();
    open.delete(key);
    return found;
  }

  function send(ask: Ask, id: string): Promise<Element> {
    const { to, from = domain, type = 'get', timeout = TIMEOUT } = ask;
    // RFC 6120 §8.2.3 matches by id and peer alone; an answer from or to anybody else is forged.
    const key = `${id}\0${to}\0${from}`;
    return new Promise<Element>((resolve, reject) => {
      const cancel = clock.after(timeout, () => settle(key)?.reject(new Error('nobody answered in time')));
      open.set(key, { resolve, reject, cancel });
      if (!writer.stanza('iq', { from, to, type, id }, ask.payload)) settle(key)?.reject(new Error('it was not sent'));
    });
  }

  return {
    ask(ask) {
      if (open.size >= MOST_OPEN) return Promise.reject(new Error('too many requests are open'));
      return send(ask, `${prefix}-${(count++).toString(36)}`);
    },
    take(iq) {
      const { type, id, from, to } = iq.attrs;
      const isAnswer = type === 'result' || type === 'error';
      // A ping of our own domain comes back as it was sent, and that is the answer.
      if (!isAnswer && (from !== to || from !== domain)) return false;
      const found = settle(`${id}\0${from}\0${to}`);
      found?.resolve(iq);
      return isAnswer || found !== undefined;
    },
    drop(reason) {
      for (const key of [...open.keys()]) settle(key)?.reject(new Error(reason));
    },
  };
}
