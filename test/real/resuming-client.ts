// A client that loses its connection and resumes its stream, as phones do (XEP-0198 1.6.1).
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { Element } from 'ltx';
import { SaxesParser } from 'saxes';
import { inbox } from '#src/process/cli/demo/inbox.ts';
import { PATIENCE } from '../patience.ts';
import { xml } from './xmpp.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const SM = 'urn:xmpp:sm:3';
const STANZAS: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);

type ResumingOptions = {
  /** The c2s port on 127.0.0.1 of a server with `localhost`. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Sees every stanza as it comes. */
  readonly heard: (stanza: Element) => void;
};

/** Disposing of it breaks its connection. */
export interface ResumingClient extends Disposable {
  send(stanza: { toString(): string }): void;
  /** The first stanza, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (stanza: Element) => boolean, what: string): Promise<Element>;
  /** Loses its connection without a word. Resolves once it is gone. */
  lose(): Promise<void>;
  /** Comes back and resumes the stream. Rejects where the server does not know it any more. */
  resume(): Promise<void>;
}

/** Logs in and has stream management enabled. */
export async function resumingClient({ port, user, password, heard }: ResumingOptions): Promise<ResumingClient> {
  const elements = inbox<Element>((one) => one.toString(), PATIENCE);
  const stanzas = inbox<Element>((one) => one.toString(), PATIENCE);
  /** Stanzas that were read since the stream is managed (§4). */
  let read = 0;
  let [managed, stream] = [false, ''];
  let socket = new Socket();

  function take(one: Element): void {
    if (!STANZAS.has(one.name)) {
      if (one.name === 'r') socket.write(xml('a', { xmlns: SM, h: String(read) }).toString());
      // Counting begins with the answer (§3).
      if (one.name === 'enabled') managed = true;
      return elements.put(one);
    }
    if (managed) read++;
    if (one.attrs.id === 'bind') return elements.put(one);
    heard(one);
    stanzas.put(one);
  }

  const named = (...names: readonly string[]) => elements.next(({ name }) => names.includes(name), names.join(' or '));

  async function open(): Promise<void> {
    socket.write(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>",
    );
    await named('stream:features');
  }

  async function login(): Promise<void> {
    socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    readStream(socket, take);
    await open();
    const proof = Buffer.from(`\0${user}\0${password}`).toString('base64');
    socket.write(xml('auth', { xmlns: SASL, mechanism: 'PLAIN' }, proof).toString());
    await named('success');
    socket.removeAllListeners('data');
    readStream(socket, take);
    await open();
  }

  await login();
  socket.write(xml('iq', { type: 'set', id: 'bind' }, xml('bind', { xmlns: BIND })).toString());
  await named('iq');
  socket.write(xml('enable', { xmlns: SM, resume: 'true' }).toString());
  stream = (await named('enabled')).attrs.id ?? '';
  return {
    send: (stanza) => void socket.write(stanza.toString()),
    next: stanzas.next,
    async lose() {
      socket.destroy();
      await once(socket, 'close');
    },
    async resume() {
      await login();
      socket.write(xml('resume', { xmlns: SM, previd: stream, h: String(read) }).toString());
      const answer = await named('resumed', 'failed');
      if (answer.name === 'failed') throw new Error(`the stream was not resumed: ${answer}`);
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Reads a stream from its header on, and yields what is right below that. */
function readStream(socket: Socket, take: (one: Element) => void): void {
  const parser = new SaxesParser({ fragment: false });
  const open: Element[] = [];
  const last = (): Element | undefined => (open.length > 1 ? open.at(-1) : undefined);
  parser.on('opentag', ({ name, attributes }) => {
    const one = new Element(name, attributes as Record<string, string>);
    last()?.children.push(one);
    open.push(one);
  });
  parser.on('text', (text) => void last()?.children.push(text));
  parser.on('closetag', () => {
    const one = open.pop();
    if (one && open.length === 1) take(one);
  });
  socket.on('data', (data: Buffer) => parser.write(data.toString()));
}
