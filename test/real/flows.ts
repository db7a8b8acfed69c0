import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { FlowClient } from './flow-clients.ts';
import type { FlowNetwork } from './flow-networks.ts';
import { type FlowWorld, IRC, PIGEON } from './flow-world.ts';
import type { Element } from './xmpp.ts';

/** A user with a client, whose nick is the name of the user with a capital. */
export type Flow = {
  readonly world: FlowWorld;
  readonly net: FlowNetwork;
  readonly user: string;
  readonly client: FlowClient;
};

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const SHA1 = createHash('sha1').update(Buffer.from(PNG, 'base64')).digest('hex');
/** Seconds in which what waits to be combined on IRC has gone. */
const WINDOWS = 15;
const STRIDE = 5;

export const nickOf = (user: string): string => `${user[0]?.toUpperCase()}${user.slice(1)}`;
export const isFrom = (one: Element, jid: string): boolean => one.attrs.from?.split('/')[0] === jid;

/** A message with that text, of a person or of an occupant. */
export const textOf = (from: string, text: string) => (one: Element) =>
  one.name === 'message' && (one.attrs.from === from || isFrom(one, from)) && one.getChildText('body') === text;

/** What was written has come, and has waited long enough to be combined with more. */
export async function passed({ client, world }: Pick<Flow, 'client' | 'world'>): Promise<void> {
  for (let left = WINDOWS; left >= 0; left -= STRIDE) {
    // The links hear from the server in time.
    for (const domain of [IRC, PIGEON]) expect(await client.ping(domain)).toBe(true);
    if (left > 0) world.jump(STRIDE);
  }
}

/** Registers, finds somebody by the gateway's prompt, has them as a contact with a picture, and sets something by a form. */
export async function introduce({ client, net, user }: Flow): Promise<void> {
  await client.register(net.gateway, net.fields(user));
  expect(await client.prompt(net.gateway, net.name)).toBe(net.contact);
  await Promise.all([client.subscribe(net.contact), net.grant(user)]);
  const isThere = (one: Element) => one.name === 'presence' && isFrom(one, net.contact) && one.attrs.type === undefined;
  await client.next(isThere, `${net.name} is there`);
  await client.command(net.gateway, 'configure', { stay_connected: 'false' });
  await client.join(net.room, nickOf(user));
  if (!net.avatar) return;
  await net.avatar(user, PNG, SHA1);
  const photo = (one: Element) => one.getChild('x', 'vcard-temp:x:update')?.getChildText('photo');
  await client.next((one) => isThere(one) && photo(one) === SHA1, `the picture of ${net.name}`);
  expect(await client.pictures(net.contact, SHA1)).toEqual([SHA1, SHA1]);
}

/** Talks in private. `turn` makes the texts unlike those of another time. */
export async function whisper(flow: Flow, turn: string): Promise<void> {
  const { client, net, user, world } = flow;
  const { contact } = net;
  const id = await client.write(contact, 'chat', `${turn}: good mornign`);
  await net.hears(user, 'contact', `${turn}: good mornign`);
  await client.correct(contact, 'chat', id, `${turn}: good morning`);
  await passed(flow);
  await net.hears(user, 'contact', net.edited(`${turn}: good morning`));
  await net.tell(user, `${turn}: well met`);
  const met = (await client.next(textOf(contact, `${turn}: well met`), 'an answer')).attrs.id ?? '';
  await client.react(contact, 'chat', met, '🌹');
  await passed(flow);
  await net.hears(user, 'contact', net.reacted('🌹', 'contact') ?? '');
  await client.reply(contact, 'chat', { id: met, author: contact }, `${turn}: indeed`);
  await net.hears(user, 'contact', `${turn}: indeed`);
  await client.picture(contact, 'chat', `https://a.example/${turn}.png`);
  await net.hears(user, 'contact', `https://a.example/${turn}.png`);
  if (!net.picture) return;
  await net.picture(user, `${turn}: a rose`);
  const url = (one: Element) => one.getChild('x', 'jabber:x:oob')?.getChildText('url') ?? '';
  const shown = await client.next((one) => isFrom(one, contact) && url(one) !== '', 'a picture');
  expect((await world.fetch(url(shown))).toString()).toBe(`${turn}: a rose`);
}

/** Talks in the room. */
export async function converse(flow: Flow, turn: string): Promise<void> {
  const { client, net, user } = flow;
  const { room } = net;
  const self = `${room}/${nickOf(user)}`;
  const id = await client.write(room, 'groupchat', `${turn}: hear mee`);
  await net.hears(user, 'room', `${turn}: hear mee`);
  await client.next(textOf(self, `${turn}: hear mee`), 'the reflection');
  await client.correct(room, 'groupchat', id, `${turn}: hear me`);
  await passed(flow);
  await net.hears(user, 'room', net.edited(`${turn}: hear me`));
  const corrected = await client.next(textOf(self, `${turn}: hear me`), 'the correction');
  expect(corrected.getChild('replace')?.attrs.id).toBe(id);
  await net.say(`${turn}: we do`);
  const answer = await client.next(textOf(`${room}/${net.nick}`, `${turn}: we do`), 'an answer');
  const kept = answer.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs.id ?? '';
  await client.react(room, 'groupchat', kept, '🌹');
  await passed(flow);
  const isReaction = (one: Element) =>
    one.attrs.from === self && one.getChild('reactions', 'urn:xmpp:reactions:0')?.attrs.id === kept;
  await client.next(isReaction, 'the reaction');
  const reacted = net.reacted('🌹', 'room');
  if (reacted) await net.hears(user, 'room', reacted);
  await client.reply(room, 'groupchat', { id: kept, author: `${room}/${net.nick}` }, `${turn}: thanks`);
  await net.hears(user, 'room', `${turn}: thanks`);
  await client.picture(room, 'groupchat', `https://a.example/${turn}-room.png`);
  await net.hears(user, 'room', `https://a.example/${turn}-room.png`);
  const archive = await client.archive(room);
  expect(archive).toEqual(expect.arrayContaining([`${turn}: hear me`, `${turn}: we do`]));
}
