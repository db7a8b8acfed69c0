import { client as connect, type Element, xml } from '@xmpp/client';
import { inbox } from '#src/process/cli/demo/inbox.ts';
import { PATIENCE } from '../patience.ts';

export { type Element, xml } from '@xmpp/client';

export interface XmppClientOptions {
  /** The c2s port on 127.0.0.1. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** `localhost` when not given. */
  readonly domain?: string;
  readonly resource?: string;
  /** Whether requests of others (pings, disco) get no answer at all; they are answered with an error otherwise. */
  readonly mute?: boolean;
  /** How long it waits for what has to come, in ms: as every test when not given. */
  readonly patience?: number;
  /** Sees every stanza as it comes. */
  readonly heard?: (stanza: Element) => void;
}

/** A logged-in XMPP client; disposing of it ends its stream. It sends no presence by itself. */
export interface XmppClient extends AsyncDisposable {
  /** The full JID. */
  readonly jid: string;
  readonly bare: string;
  send(stanza: Element): Promise<void>;
  /** The first stanza, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (stanza: Element) => boolean, what: string): Promise<Element>;
  /** Sends an iq (an id is added) and resolves with the answer, be it a result or an error. */
  ask(iq: Element): Promise<Element>;
  /** Resolves when the server has handled all that was sent before and we have read what it sent before that (XEP-0199). */
  barrier(): Promise<void>;
  /** Breaks the connection without closing the stream. */
  destroy(): void;
}

let ids = 0;

/** Logs in with PLAIN on the plain port of a test server. Does not reconnect. */
export async function xmppClient(options: XmppClientOptions): Promise<XmppClient> {
  const { port, user, password, domain = 'localhost', resource, mute = false, patience = PATIENCE } = options;
  const stanzas = inbox<Element>((stanza) => stanza.toString(), patience);
  const client = connect({
    service: `xmpp://127.0.0.1:${port}`,
    domain,
    ...(resource === undefined ? {} : { resource }),
    credentials: (authenticate) => authenticate({ username: user, password }, 'PLAIN'),
  });
  client.reconnect.stop();
  if (mute) silence(client);
  client.on('stanza', (stanza) => {
    options.heard?.(stanza);
    stanzas.put(stanza);
  });
  client.on('error', (error) => stanzas.close(`the stream failed: ${error.message}`));
  client.on('disconnect', () => stanzas.close('the stream ended'));
  const jid = (await client.start()).toString();

  const ask = async (iq: Element) => {
    const id = `ask-${++ids}`;
    await client.send(xml('iq', { ...iq.attrs, id }, ...iq.children));
    const answers = (stanza: Element) =>
      stanza.is('iq') && stanza.attrs.id === id && /^(result|error)$/.test(stanza.attrs.type ?? '');
    return stanzas.next(answers, `the answer to ${iq}`);
  };
  return {
    jid,
    bare: `${user}@${domain}`,
    send: (stanza) => client.send(stanza),
    next: stanzas.next,
    ask,
    barrier: async () => {
      await ask(xml('iq', { type: 'get', to: domain }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
    },
    destroy: () => client.socket?.destroy(),
    [Symbol.asyncDispose]: async () => {
      await client.stop();
    },
  };
}

/** Drops the answers that the library gives of itself. */
function silence(client: ReturnType<typeof connect>): void {
  const send = client.send.bind(client);
  client.send = async (stanza) => {
    const isAnswer = stanza.is('iq') && /^(result|error)$/.test(stanza.attrs.type ?? '');
    if (!isAnswer) await send(stanza);
  };
}
