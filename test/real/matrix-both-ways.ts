import { expect } from 'vitest';
import { jidOf } from './matrix-account-world.ts';
import type { MatrixJsDevice, SeenEvent } from './matrix-js.mjs';
import { enter } from './world.ts';
import { type Element, type XmppClient, xml } from './xmpp.ts';

/** A room of Matrix in which somebody on XMPP meets somebody with a client of their own. */
export type Talk = {
  readonly xmpp: XmppClient;
  readonly nick: string;
  /** Who they are at the homeserver. */
  readonly self: string;
  readonly room: string;
  /** Of the room, or of the other one where it is for the two of them. */
  readonly jid: string;
  readonly type: 'groupchat' | 'chat';
  /** Who has made the room. */
  readonly far: MatrixJsDevice;
  readonly encrypted: boolean;
};

/** A room with a third, who has a client as well. */
export type Stage = Talk & { readonly third: MatrixJsDevice };

export type TalkParts = Omit<Talk, 'room' | 'jid' | 'type'>;
export type StageParts = Omit<Stage, 'room' | 'jid' | 'type'> & { readonly version: string };

/** Makes a room for the two of them, where the one on XMPP comes in by themselves. */
export async function setTalk(parts: TalkParts): Promise<Talk> {
  const { far, self, encrypted } = parts;
  const room = await far.makeRoom({ encrypted, direct: self });
  await far.joined(room, self);
  const talk = { ...parts, room, jid: jidOf(far.user), type: 'chat' } as const;
  // From here on it is the room in which the two talk.
  await sayBack(talk, 'good morrow');
  return talk;
}

export const nickOf = ({ user }: MatrixJsDevice): string => user.slice(1, user.indexOf(':'));

/** Makes a room in which the one on XMPP is a moderator; they and the third are invited, and come in. */
export async function setStage({ version, ...parts }: StageParts): Promise<Stage> {
  const { xmpp, self, nick, far, third, encrypted } = parts;
  // Who makes a room of version 12 has all power, and no level.
  const maker = version === '12' ? {} : { [far.user]: 100 };
  const room = await far.makeRoom({
    encrypted,
    invite: [self, third.user],
    room_version: version,
    power_level_content_override: { users: { ...maker, [self]: 60 }, events: { 'm.room.power_levels': 50 } },
  });
  const jid = jidOf(room);
  await xmpp.next((one) => isInvitation(one, jid), `the invitation into ${jid}`);
  expect((await enter(xmpp, jid, nick)).attrs.type).toBeUndefined();
  await far.joined(room, self);
  await third.join(room);
  await xmpp.next((one) => one.is('presence') && one.attrs.from === `${jid}/${nickOf(third)}`, 'the third');
  return { ...parts, room, jid, type: 'groupchat' };
}

/** Whether it is from the other one: an occupant of the room, or the person. */
export const isFromFar = ({ jid, type, far }: Talk, { attrs }: Element): boolean =>
  type === 'chat' ? attrs.from?.split('/')[0] === jid : attrs.from === `${jid}/${nickOf(far)}`;

/** The next message in the room. */
export const told = (stage: Talk, what: string, holds: (stanza: Element) => boolean): Promise<Element> =>
  stage.xmpp.next((one) => one.is('message') && one.attrs.from?.split('/')[0] === stage.jid && holds(one), what);

/** The next event in the room of the one on XMPP. */
export const seen = (stage: Talk, what: string, holds: (event: SeenEvent) => boolean): Promise<SeenEvent> =>
  stage.far.next(stage.room, (event) => event.sender === stage.self && holds(event), what);

export const isInvitation = (one: Element, jid: string): boolean =>
  one.is('message') &&
  one.attrs.from === jid &&
  one.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChild('invite') !== undefined;

/** By what others name a message: what the room has given it (XEP-0359 §5), or its author. */
const referenceTo = ({ type }: Talk, stanza: Element): string =>
  (type === 'chat' ? stanza : stanza.getChild('stanza-id', 'urn:xmpp:sid:0'))?.attrs.id ?? '';

let ids = 0;

/** Sends something into the room from XMPP, and resolves with its id. */
export async function send(stage: Talk, ...children: readonly Element[]): Promise<string> {
  const id = `b${++ids}`;
  await stage.xmpp.send(xml('message', { to: stage.jid, type: stage.type, id }, ...children));
  return id;
}

/** Says something in the room from XMPP: what is seen of it there, and what the room sends back. */
export async function sayThere(stage: Talk, body: string, ...more: readonly Element[]) {
  const id = await send(stage, xml('body', {}, body), ...more);
  const event = await seen(stage, body, ({ content }) => content.body === body);
  expect(event).toMatchObject({ type: 'm.room.message', encrypted: stage.encrypted });
  if (stage.type === 'chat') return { id, event, reference: id };
  const reflection = await told(stage, `the reflection of "${body}"`, (one) => one.attrs.id === id);
  expect(reflection.attrs.from).toBe(`${stage.jid}/${stage.nick}`);
  return { id, event, reference: referenceTo(stage, reflection) };
}

/** Says something in the room from Matrix: the id of the event, and what is heard of it. */
export async function sayBack(stage: Talk, body: string, more: object = {}) {
  const event = await stage.far.send(stage.room, { msgtype: 'm.text', body, ...more });
  const stanza = await told(stage, `"${body}"`, (one) => one.getChildText('body')?.endsWith(body) === true);
  expect([stanza.attrs.type, isFromFar(stage, stanza)]).toEqual([stage.type, true]);
  return { event, stanza, reference: referenceTo(stage, stanza) };
}

/** Gives somebody a power level. */
export async function setLevel({ far, room }: Stage, user: string, level: number): Promise<void> {
  const levels = await far.client.getStateEvent(room, 'm.room.power_levels', '');
  const users = { ...(levels.users as object), [user]: level };
  await far.client.sendStateEvent(room, 'm.room.power_levels', { ...levels, users }, '');
}

const MAM = 'urn:xmpp:mam:2';
const RSM = 'http://jabber.org/protocol/rsm';

/** A page of the archive of a room (XEP-0313) before a result, or the last one. */
async function page(client: XmppClient, room: string, before: string, max: number) {
  const set = xml('set', { xmlns: RSM }, xml('max', {}, String(max)), xml('before', {}, before));
  const query = xml('query', { xmlns: MAM, queryid: `q${++ids}` }, set);
  const answer = await client.ask(xml('iq', { type: 'set', to: room }, query));
  const fin = answer.getChild('fin', MAM);
  if (!fin) throw new Error(`no archive: ${answer}`);
  const last = fin.getChild('set', RSM)?.getChildText('last');
  const bodies: string[] = [];
  for (let id: string | undefined; last && id !== last; ) {
    const one = await client.next((stanza) => !!stanza.getChild('result', MAM), 'a result of the archive');
    const result = one.getChild('result', MAM);
    id = result?.attrs.id;
    bodies.push(result?.getChild('forwarded')?.getChild('message')?.getChildText('body') ?? '');
  }
  const first = fin.getChild('set', RSM)?.getChildText('first') ?? '';
  return { bodies, first, isComplete: fin.attrs.complete === 'true' };
}

/** All that the archive of a room has, page by page, from its end to its beginning. */
export async function wholeArchive(client: XmppClient, room: string, max: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let before = ''; ; ) {
    const one = await page(client, room, before, max);
    bodies.unshift(...one.bodies);
    if (one.isComplete) return bodies;
    if (one.first === '') throw new Error(`a page before ${before} is empty, and not the last one`);
    before = one.first;
  }
}

/** A room that is older than our archive has its whole past there. */
export async function playHistory(parts: Omit<StageParts, 'encrypted'>): Promise<void> {
  const { far, self, nick, xmpp, version } = parts;
  const room = await far.makeRoom({ room_version: version });
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`);
  for (const line of lines) await far.text(room, line);
  await far.client.invite(room, self);
  const jid = jidOf(room);
  await xmpp.next((one) => isInvitation(one, jid), `the invitation into ${jid}`);
  await enter(xmpp, jid, nick);
  expect(await wholeArchive(xmpp, jid, 25)).toEqual(lines);
}
