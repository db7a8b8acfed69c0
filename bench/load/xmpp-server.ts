// XEP-0114: the server's side of a component stream, made to cost little: stanzas are found by searching for their end.
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Listening, listen } from './listen.ts';
import { attribute } from './scan.ts';

/** The domain of users of another server, which cannot be reached. */
export const DEAD = 'dead.bench.example';

export type XmppLoad = Listening & {
  /** Resolves once a component has said its handshake; whatever the secret is, it is accepted. */
  readonly online: Promise<void>;
  /** Hears of every message and presence. */
  receive: (stanza: string) => void;
  /** Called after each piece of the stream, so that answers can be written together. */
  turn: () => void;
  /** Queues stanzas; `flush` writes them. */
  write(stanzas: string): void;
  flush(): void;
};

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'";

/** The error for what goes to a server that cannot be reached. */
export const UNREACHED =
  "<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

/** Opens the load's XMPP server, for one component. */
export async function openXmppLoad(): Promise<XmppLoad> {
  const online = Promise.withResolvers<void>();
  let socket: Socket | undefined;
  let domain = '';
  let out = '';

  function take(stanza: string): void {
    if (stanza.startsWith('<iq')) return question(stanza);
    // What goes to the component's own domain comes back to it: that is how a component makes a barrier.
    if (stanza.startsWith('<message') && attribute(stanza, 'to') === domain) return load.write(stanza);
    if (!stanza.startsWith('<handshake')) return load.receive(stanza);
    load.write('<handshake/>');
    online.resolve();
  }

  function question(iq: string): void {
    const type = attribute(iq, 'type');
    if (type !== 'get' && type !== 'set') return;
    if (attribute(iq, 'to') === DEAD) return load.write(answerTo(iq, 'error'));
    load.write(answerTo(iq, 'result'));
  }

  function header(tag: string): void {
    domain = attribute(tag, 'to');
    load.write(`${HEADER} from='${domain}' id='${randomUUID()}'>`);
  }

  function accept(fresh: Socket): void {
    socket = fresh;
    const cut = stanzaCutter({ header, stanza: take, end: () => fresh.end('</stream:stream>') });
    fresh.setEncoding('latin1').on('data', (text: string) => {
      cut(text);
      load.turn();
      load.flush();
    });
  }

  const load: XmppLoad = {
    ...(await listen(accept)),
    online: online.promise,
    receive: () => undefined,
    turn: () => undefined,
    write: (stanzas) => {
      out += stanzas;
    },
    flush() {
      if (out !== '') socket?.write(out, 'latin1');
      out = '';
    },
  };
  return load;
}

/** RFC 6120 §10.4: what cannot be reached is answered for by the server. */
function answerTo(iq: string, type: 'result' | 'error'): string {
  const [id, from, to] = ['id', 'from', 'to'].map((name) => attribute(iq, name));
  return `<iq type='${type}' id='${id}' from='${to}' to='${from}'>${type === 'error' ? UNREACHED : ''}</iq>`;
}

type Parts = { header(tag: string): void; stanza(text: string): void; end(): void };

/** Cuts a stream into stanzas. It relies on what a component writes: no bare `>` in values, no stanza in another. */
function stanzaCutter({ header, stanza, end }: Parts): (text: string) => void {
  let rest = '';

  /** Where the element whose start tag lies between two positions ends; -1 if that has not come yet. */
  function elementEnd(text: string, from: number, tagEnd: number): number {
    if (text.charAt(tagEnd - 1) === '/') return tagEnd + 1;
    let stop = from + 1;
    while (!' >'.includes(text.charAt(stop))) stop++;
    const closing = `</${text.slice(from + 1, stop)}>`;
    const at = text.indexOf(closing, tagEnd);
    return at < 0 ? -1 : at + closing.length;
  }

  /** Takes the next thing off the text; returns the position behind it, or -1. */
  function next(text: string, from: number): number {
    const tagEnd = text.indexOf('>', from);
    if (tagEnd < 0) return -1;
    if (text.startsWith('<?', from)) return tagEnd + 1;
    if (text.startsWith('<stream:stream', from)) header(text.slice(from, tagEnd + 1));
    else if (text.startsWith('</', from)) end();
    else {
      const to = elementEnd(text, from, tagEnd);
      if (to > 0) stanza(text.slice(from, to));
      return to;
    }
    return tagEnd + 1;
  }

  return (more) => {
    const text = rest + more;
    let at = text.indexOf('<');
    let kept = at < 0 ? text.length : at;
    while (at >= 0) {
      const to = next(text, at);
      if (to < 0) break;
      kept = to;
      at = text.indexOf('<', to);
    }
    rest = text.slice(kept);
  };
}
