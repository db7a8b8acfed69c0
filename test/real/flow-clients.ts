import { createHash } from 'node:crypto';
import { xml, xmppClient } from './servers.ts';
import { slixmppClient } from './slixmpp.ts';
import { enter } from './world.ts';
import type { Element } from './xmpp.ts';

/** Where somebody logs in. */
export type Login = { readonly port: number; readonly user: string; readonly domain: string };
type Kind = 'chat' | 'groupchat';
/** A message of which something is said: its id as its place has it, and who wrote it. */
type About = { readonly id: string; readonly author: string };

/** A client library that does what the flows want, each as it is used. What the gateway refuses rejects. */
export interface FlowClient extends AsyncDisposable {
  readonly bare: string;
  /** The first stanza, queued or to come, for which `matches` is true. */
  next(matches: (stanza: Element) => boolean, what: string): Promise<Element>;
  /** Whom the client shows as being there: of presences the last of each address. */
  green(): readonly string[];
  /** Registers with a gateway (XEP-0077), and lets it in. */
  register(gateway: string, fields: Readonly<Record<string, string>>): Promise<void>;
  /** The JID of a name (XEP-0100 §6.3). */
  prompt(gateway: string, name: string): Promise<string>;
  /** Asks for a subscription, and grants the one that is asked for in turn. */
  subscribe(jid: string): Promise<void>;
  /** Runs a command of one form to its end (XEP-0050). */
  command(jid: string, node: string, fields: Readonly<Record<string, string>>): Promise<void>;
  join(room: string, nick: string): Promise<void>;
  /** Writes something and gives the id under which it went. */
  write(to: string, type: Kind, text: string): Promise<string>;
  correct(to: string, type: Kind, id: string, text: string): Promise<void>;
  react(to: string, type: Kind, id: string, emoji: string): Promise<void>;
  reply(to: string, type: Kind, about: About, text: string): Promise<void>;
  picture(to: string, type: Kind, url: string): Promise<void>;
  /** The SHA-1 of the picture in somebody's card (XEP-0054), and of that in their node (XEP-0084). */
  pictures(jid: string, id: string): Promise<readonly string[]>;
  /** What a room has kept of texts (XEP-0313). */
  archive(room: string): Promise<readonly string[]>;
  /** Who is in the roster. */
  roster(): Promise<readonly string[]>;
  /** Has the account removed by its server (XEP-0077 §3.2). */
  remove(): Promise<void>;
  /** Whether somebody answers a ping: the client's own occupant does if it is in the room (XEP-0410). */
  ping(jid: string): Promise<boolean>;
}

/** Whether somebody is told that they are out of a room (XEP-0045 §7.14). */
export const isOut = (one: Element): boolean =>
  one.name === 'presence' &&
  one.attrs.type === 'unavailable' &&
  (one.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChildren('status') ?? []).some(
    ({ attrs }) => attrs.code === '110',
  );

/** Notes who is there. With the client itself a room is gone. */
function openGreens() {
  const shown = new Set<string>();
  return {
    note(stanza: Element): void {
      const { from = '', type } = stanza.attrs;
      if (stanza.name !== 'presence') return;
      if (type === undefined) shown.add(from);
      if (type === 'unavailable') shown.delete(from);
      const room = `${from.split('/')[0]}/`;
      if (isOut(stanza)) for (const jid of shown) if (jid.startsWith(room)) shown.delete(jid);
    },
    green: () => [...shown],
  };
}

const sha1 = (base64: string): string => createHash('sha1').update(Buffer.from(base64, 'base64')).digest('hex');
const OOB = 'jabber:x:oob';
const COMMANDS = 'http://jabber.org/protocol/commands';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const ROSTER = xml('query', { xmlns: 'jabber:iq:roster' });
const AVATAR = 'urn:xmpp:avatar:data';
const MAM = 'urn:xmpp:mam:2';

/** @xmpp/client, which knows of nothing but stanzas. */
export async function openXmppJs({ port, user, domain }: Login): Promise<FlowClient> {
  const { note, green } = openGreens();
  const kept: string[] = [];
  const heard = (stanza: Element): void => {
    note(stanza);
    if (stanza.getChild('result', MAM)) kept.push(forwardedText(stanza));
  };
  const client = await xmppClient({ port, user, domain, password: 'pw', resource: 'js', heard });
  const bare = `${user}@${domain}`;
  let ids = 0;
  const presence = (to: string, type?: string) => client.send(xml('presence', { to, ...(type && { type }) }));
  const told = (from: string, type: string) =>
    client.next(
      (one) => one.is('presence') && one.attrs.from === from && one.attrs.type === type,
      `${type} of ${from}`,
    );
  async function ask(type: 'get' | 'set', to: string, payload: Element): Promise<Element> {
    const answer = await client.ask(xml('iq', { type, to }, payload));
    if (answer.attrs.type === 'error') throw new Error(String(answer));
    return answer;
  }
  async function message(to: string, type: Kind, ...children: Element[]): Promise<string> {
    const id = `js-${++ids}`;
    await client.send(xml('message', { to, type, id }, ...children));
    return id;
  }
  const body = (text: string) => xml('body', {}, text);
  async function allow(jid: string): Promise<void> {
    await told(jid, 'subscribe');
    await presence(jid, 'subscribed');
  }
  await ask('get', bare, ROSTER);
  await client.send(xml('presence'));
  return {
    ...{ bare, green, next: client.next },
    async register(gateway, fields) {
      const items = Object.entries(fields).map(([name, value]) => xml(name, {}, value));
      await ask('set', gateway, xml('query', { xmlns: 'jabber:iq:register' }, ...items));
      await allow(gateway);
      await presence(gateway, 'subscribe');
      await told(gateway, 'subscribed');
    },
    async prompt(gateway, name) {
      const query = xml('query', { xmlns: 'jabber:iq:gateway' }, xml('prompt', {}, name));
      return (await ask('set', gateway, query)).getChild('query')?.getChildText('jid') ?? '';
    },
    async subscribe(jid) {
      await presence(jid, 'subscribe');
      await told(jid, 'subscribed');
      await allow(jid);
    },
    async command(to, node, fields) {
      const first = await ask('set', to, xml('command', { xmlns: COMMANDS, node, action: 'execute' }));
      const sessionid = first.getChild('command')?.attrs.sessionid;
      const filled = Object.entries(fields).map(([name, value]) =>
        xml('field', { var: name }, xml('value', {}, value)),
      );
      const form = xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...filled);
      const attrs = { xmlns: COMMANDS, node, action: 'complete', ...(sessionid && { sessionid }) };
      const { status } = (await ask('set', to, xml('command', attrs, form))).getChild('command')?.attrs ?? {};
      if (status !== 'completed') throw new Error(`the command ${node} is ${status}`);
    },
    async join(room, nick) {
      const self = await enter(client, room, nick);
      if (self.attrs.type === 'error') throw new Error(String(self));
    },
    write: (to, type, text) => message(to, type, body(text)),
    correct: async (to, type, id, text) =>
      void (await message(to, type, body(text), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id }))),
    async react(to, type, id, emoji) {
      await message(to, type, xml('reactions', { xmlns: 'urn:xmpp:reactions:0', id }, xml('reaction', {}, emoji)));
    },
    reply: async (to, type, { id, author }, text) =>
      void (await message(to, type, body(text), xml('reply', { xmlns: 'urn:xmpp:reply:0', id, to: author }))),
    picture: async (to, type, url) =>
      void (await message(to, type, body(url), xml('x', { xmlns: OOB }, xml('url', {}, url)))),
    async pictures(jid, id) {
      const card = await ask('get', jid, xml('vCard', { xmlns: 'vcard-temp' }));
      const items = xml('items', { node: AVATAR }, xml('item', { id }));
      const data = await ask('get', jid, xml('pubsub', { xmlns: PUBSUB }, items));
      const photo = card.getChild('vCard')?.getChild('PHOTO')?.getChildText('BINVAL') ?? '';
      const item = data.getChild('pubsub')?.getChild('items')?.getChild('item');
      return [photo, item?.getChildText('data') ?? ''].map(sha1);
    },
    async archive(room) {
      kept.length = 0;
      await ask('set', room, xml('query', { xmlns: MAM }));
      return kept.filter((text) => text !== '');
    },
    async roster() {
      const { children } = (await ask('get', bare, ROSTER)).getChild('query') ?? { children: [] };
      return children.flatMap((item) => (typeof item === 'string' ? [] : (item.attrs.jid ?? [])));
    },
    remove: async () => void (await ask('set', bare, xml('query', { xmlns: 'jabber:iq:register' }, xml('remove')))),
    ping: (jid) =>
      ask('get', jid, xml('ping', { xmlns: 'urn:xmpp:ping' })).then(
        () => true,
        () => false,
      ),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

const forwardedText = (one: Element): string =>
  one.getChild('result', MAM)?.getChild('forwarded')?.getChild('message')?.getChildText('body') ?? '';

/** slixmpp with its own plugins, which answers requests for subscriptions by itself. */
export async function openSlixmpp({ port, user, domain }: Login): Promise<FlowClient> {
  const { note, green } = openGreens();
  const client = await slixmppClient({ port, user, domain, password: 'pw', heard: note });
  const told = (from: string, type: string) =>
    client.next(
      (one) => one.name === 'presence' && one.attrs.from === from && one.attrs.type === type,
      `${type} of ${from}`,
    );
  const done = async (what: string, ...args: string[]): Promise<void> => void (await client.do(what, ...args));
  return {
    ...{ bare: `${user}@${domain}`, green, next: client.next },
    async register(gateway, fields) {
      await client.do('register', gateway, JSON.stringify(fields));
      await told(gateway, 'subscribed');
    },
    prompt: async (gateway, name) => String(await client.do('prompt', gateway, name)),
    async subscribe(jid) {
      await client.do('subscribe', jid);
      await told(jid, 'subscribed');
      await told(jid, 'subscribe');
    },
    async command(jid, node, fields) {
      const told = (await client.do('command', jid, node, 'complete', JSON.stringify(fields))) as readonly string[];
      if (!told.at(-1)?.startsWith('completed')) throw new Error(`the command ${node}: ${told}`);
    },
    join: (room, nick) => done('join', room, nick),
    write: async (to, type, text) => String(await client.do('write', to, type, text)),
    correct: (to, type, id, text) => done('correct', to, type, id, text),
    react: (to, type, id, emoji) => done('react', to, type, id, emoji),
    reply: (to, type, { id, author }, text) => done('reply', to, type, id, author, text),
    picture: (to, type, url) => done('picture', to, type, url),
    pictures: async (jid, id) => ((await client.do('pictures', jid, id)) as readonly string[]).map(sha1),
    archive: async (room) => (await client.do('archive', room)) as readonly string[],
    roster: async () => (await client.do('contacts')) as readonly string[],
    remove: () => done('remove'),
    ping: (jid) =>
      client.do('ping', jid).then(
        () => true,
        () => false,
      ),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
