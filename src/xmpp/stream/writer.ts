import type { Socket } from 'node:net';
import { escapeAttribute, type Xml } from '#src/xmpp/stanza/xml.ts';

export type StanzaKind = 'message' | 'presence' | 'iq';

/** The start tag of a stanza, all of it as plain text: the writer escapes. `lang` becomes `xml:lang`. */
export type Head = {
  readonly from: string;
  readonly to: string;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly lang?: string | undefined;
};

/** Why a stanza was not taken: its `from` is not ours, it has no `to`, it is too large, or too much is waiting. */
export type Refusal = 'foreign-from' | 'no-recipient' | 'too-large' | 'full';

/** All in bytes. */
export type WriterLimits = {
  /** The largest message or presence, and the largest iq. Servers close the stream at 512 KiB. */
  readonly stanza: number;
  readonly iq: number;
  /** From here on what waits is called pressure; it is over at half of it. */
  readonly high: number;
  /** More than this never waits. */
  readonly cap: number;
};

export const writerLimits: WriterLimits = {
  stanza: 64 * 1024,
  iq: 256 * 1024,
  high: 8 * 1024 * 1024,
  cap: 32 * 1024 * 1024,
};

export type WriterOptions = {
  /** Our own domain: the only one that a `from` may have. */
  readonly domain: string;
  readonly limits?: WriterLimits;
  /** Too much waits (true), or no longer does (false): whoever feeds the writer pauses meanwhile. */
  readonly onPressure?: (on: boolean) => void;
  readonly onRefused?: (reason: Refusal, kind: StanzaKind) => void;
  /** The peer has taken bytes that it would not take before: it is alive. */
  readonly onProgress?: () => void;
};

/** The only code that writes stanzas to the XMPP server (SECURITY rules 1 and 2). */
export type Writer = {
  /** Queues one stanza; false when it was refused. It is written at the end of this turn of the event loop. */
  stanza(kind: StanzaKind, head: Head, ...children: readonly Xml[]): boolean;
  /** The same stanza to many, serialised once; returns how many were taken. */
  fanOut(kind: StanzaKind, head: Omit<Head, 'to'>, to: Iterable<string>, ...children: readonly Xml[]): number;
  /** From now on what is queued goes to this socket, the oldest first. */
  attach(socket: Socket): void;
  /** The socket is gone and with it what it had taken; what is queued waits for the next one. */
  detach(): void;
  /** Hands all that is queued to the socket, and detaches it. */
  finish(): void;
  /** Bytes that wait, those that the socket has not got rid of included. */
  readonly waiting: number;
};

/** Bytes given to the socket at a time, so that pressure can end before everything is gone. */
const PORTION = 1024 * 1024;
/** RFC 7622 §3.3.1 and what a localpart cannot hold anyway: XEP-0106 escapes them before they get here. */
const NOT_LOCAL = /[\0-\x20"&'/:<>@\x7f]/;
/** RFC 7622 §3.1: each part of an address is at most 1023 bytes. */
const fits = (part: string): boolean => part.length <= 341 || Buffer.byteLength(part) <= 1023;

/** A test for addresses within a domain: the domain itself, or `local@domain`, either with a resource or without. */
function within(domain: string): (address: string) => boolean {
  const ending = `@${domain}`;
  return (address) => {
    const slash = address.indexOf('/');
    const bare = slash < 0 ? address : address.slice(0, slash);
    // An empty resource makes the whole address invalid, and some servers then close the stream.
    if (slash >= 0 && (slash === address.length - 1 || !fits(address.slice(slash + 1)))) return false;
    if (bare === domain) return true;
    const local = bare.slice(0, -ending.length);
    return bare.endsWith(ending) && local.length > 0 && !NOT_LOCAL.test(local) && fits(local);
  };
}

const attribute = (name: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${name}='${escapeAttribute(value)}'`;

/** What stands before and after the recipient. XEP-0114 §3 has from and to on every stanza. */
function wrap(kind: StanzaKind, head: Omit<Head, 'to'>, children: readonly Xml[]): { before: string; after: string } {
  let content = '';
  for (const child of children) content += child.text;
  const rest = attribute('type', head.type) + attribute('id', head.id) + attribute('xml:lang', head.lang);
  const end = content === '' ? '/>' : `>${content}</${kind}>`;
  return { before: `<${kind} from='${escapeAttribute(head.from)}' to='`, after: `'${rest}${end}` };
}

/** Opens a writer without a socket: it queues until one is attached. */
export function createWriter(options: WriterOptions): Writer {
  const { limits = writerLimits, onPressure, onRefused, onProgress } = options;
  const isOurs = within(options.domain);
  const queue: string[] = [];
  let queued = 0;
  let socket: Socket | undefined;
  /** Bytes that the socket holds. */
  let held = 0;
  let scheduled = false;
  let pressed = false;

  function weigh(): void {
    const now = queued + held > (pressed ? limits.high / 2 : limits.high);
    if (now === pressed) return;
    pressed = now;
    onPressure?.(now);
  }

  /** Takes stanzas off the queue, all of them or about a portion. */
  function take(most: number): string {
    let [count, length] = [0, 0];
    while (count < queue.length && length < most) length += queue[count++]?.length ?? 0;
    return (count === queue.length ? queue.splice(0) : queue.splice(0, count)).join('');
  }

  function send(target: Socket, text: string): void {
    // Most of the time that is all there is.
    const bytes = queue.length === 0 ? queued : Buffer.byteLength(text);
    queued -= bytes;
    held += bytes;
    let atOnce = true;
    target.write(text, 'utf8', () => {
      if (target !== socket) return;
      held -= bytes;
      // What had to wait got through only because the peer acknowledged what was before it.
      if (!atOnce) onProgress?.();
      weigh();
    });
    atOnce = target.writableLength === 0;
  }

  function flush(): void {
    scheduled = false;
    while (socket && queue.length > 0 && !socket.writableNeedDrain) send(socket, take(PORTION));
    weigh();
  }

  function refuse(reason: Refusal, kind: StanzaKind): false {
    onRefused?.(reason, kind);
    return false;
  }

  function put(kind: StanzaKind, text: string, bytes: number): boolean {
    if (bytes > (kind === 'iq' ? limits.iq : limits.stanza)) return refuse('too-large', kind);
    if (queued + held + bytes > limits.cap) return refuse('full', kind);
    queue.push(text);
    queued += bytes;
    if (!scheduled) {
      scheduled = true;
      setImmediate(flush);
    }
    if (!pressed && queued + held > limits.high) weigh();
    return true;
  }

  function detach(): void {
    socket?.off('drain', flush);
    socket = undefined;
    held = 0;
    weigh();
  }

  return {
    stanza(kind, head, ...children) {
      if (!isOurs(head.from)) return refuse('foreign-from', kind);
      if (head.to === '') return refuse('no-recipient', kind);
      const { before, after } = wrap(kind, head, children);
      const text = before + escapeAttribute(head.to) + after;
      return put(kind, text, Buffer.byteLength(text));
    },

    fanOut(kind, head, recipients, ...children) {
      if (!isOurs(head.from)) {
        refuse('foreign-from', kind);
        return 0;
      }
      const { before, after } = wrap(kind, head, children);
      const bytes = Buffer.byteLength(before) + Buffer.byteLength(after);
      let taken = 0;
      for (const recipient of recipients) {
        const to = escapeAttribute(recipient);
        if (to === '') refuse('no-recipient', kind);
        else if (put(kind, before + to + after, bytes + Buffer.byteLength(to))) taken++;
      }
      return taken;
    },

    attach(fresh) {
      detach();
      socket = fresh;
      socket.setNoDelay(true);
      socket.on('drain', flush);
      flush();
    },

    detach,

    finish() {
      if (socket && queue.length > 0) send(socket, take(Number.POSITIVE_INFINITY));
      detach();
    },

    get waiting() {
      return queued + held;
    },
  };
}
