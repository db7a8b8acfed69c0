import { expect } from 'vitest';
import { configure } from './configure.ts';
import { jidOf, MATRIX } from './matrix-account-world.ts';
import {
  isFromFar,
  isInvitation,
  nickOf,
  type Stage,
  sayBack,
  sayThere,
  seen,
  send,
  setLevel,
  type Talk,
  told,
} from './matrix-both-ways.ts';
import { enter } from './world.ts';
import { type Element, xml } from './xmpp.ts';

/** Played from XMPP to Matrix, and from Matrix to XMPP. */
export type Feature<Where = Stage> = {
  readonly feature: string;
  there(stage: Where): Promise<void>;
  back(stage: Where): Promise<void>;
};

const REACTIONS = 'urn:xmpp:reactions:0';
const RETRACT = 'urn:xmpp:message-retract:1';
const CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const MARKERS = 'urn:xmpp:chat-markers:0';
const MUC_USER = 'http://jabber.org/protocol/muc#user';

const reactions = (id: string, ...keys: readonly string[]): Element =>
  xml('reactions', { xmlns: REACTIONS, id }, ...keys.map((key) => xml('reaction', {}, key)));
const keysIn = (stanza: Element): string[] | undefined =>
  stanza
    .getChild('reactions', REACTIONS)
    ?.getChildren('reaction')
    .map((one) => one.getText());
const reference = (stanza: Element, name: string, xmlns: string): string | undefined =>
  stanza.getChild(name, xmlns)?.attrs.id;
const farOccupant = ({ jid, far }: Talk): string => `${jid}/${nickOf(far)}`;

/** Asks the room, as a moderator, for a change of one of its occupants or of what they have said. */
async function asModerator({ xmpp, jid }: Stage, child: Element): Promise<void> {
  const answer = await xmpp.ask(xml('iq', { type: 'set', to: jid }, child));
  expect(answer.attrs.type).toBe('result');
}

const item = (attrs: Record<string, string>, ...children: readonly Element[]): Element =>
  xml('query', { xmlns: 'http://jabber.org/protocol/muc#admin' }, xml('item', attrs, ...children));

/** The next presence of an occupant that holds this. */
const shown = ({ xmpp, jid }: Stage, nick: string, holds: (item: Element | undefined, one: Element) => boolean) =>
  xmpp.next(
    (one) =>
      one.is('presence') &&
      one.attrs.from === `${jid}/${nick}` &&
      holds(one.getChild('x', MUC_USER)?.getChild('item'), one),
    `a presence of ${nick}`,
  );

/** What is said, and what becomes of it. */
export const sayings: readonly Feature<Talk>[] = [
  {
    feature: 'an edit',
    async there(stage) {
      const { id, event } = await sayThere(stage, 'a rsoe');
      await send(stage, xml('body', {}, 'a rose'), xml('replace', { xmlns: 'urn:xmpp:message-correct:0', id }));
      const edit = await seen(stage, 'the edit', ({ relation }) => relation?.rel_type === 'm.replace');
      expect(edit).toMatchObject({
        encrypted: stage.encrypted,
        content: { body: '* a rose', 'm.new_content': { msgtype: 'm.text', body: 'a rose' } },
        relation: { event_id: event.id },
      });
    },
    async back(stage) {
      const first = await sayBack(stage, 'a nmae');
      const edit = await sayBack(stage, 'a name', {
        'm.new_content': { msgtype: 'm.text', body: 'a name' },
        'm.relates_to': { rel_type: 'm.replace', event_id: first.event },
      });
      expect(edit.stanza.getChildText('body')).toBe('a name');
      expect(reference(edit.stanza, 'replace', 'urn:xmpp:message-correct:0')).toBe(first.stanza.attrs.id);
    },
  },
  {
    feature: 'a reaction, and its end',
    async there(stage) {
      const first = await sayBack(stage, 'like this');
      await send(stage, reactions(first.reference, '👍'));
      const reaction = await seen(stage, 'the reaction', ({ type }) => type === 'm.reaction');
      expect(reaction.relation).toEqual({ rel_type: 'm.annotation', event_id: first.event, key: '👍' });
      await send(stage, reactions(first.reference));
      await seen(stage, 'its end', ({ redacts }) => redacts === reaction.id);
    },
    async back(stage) {
      const { event, reference: about } = await sayThere(stage, 'like that');
      const relation = { rel_type: 'm.annotation', event_id: event.id, key: '🎉' };
      const reaction = await stage.far.client.sendEvent(stage.room, 'm.reaction', { 'm.relates_to': relation });
      const isAbout = (one: Element) => isFromFar(stage, one) && keysIn(one) !== undefined;
      const given = await told(stage, 'the reaction', isAbout);
      expect([reference(given, 'reactions', REACTIONS), keysIn(given)]).toEqual([about, ['🎉']]);
      await stage.far.client.redactEvent(stage.room, reaction.event_id);
      const taken = await told(stage, 'its end', isAbout);
      expect([reference(taken, 'reactions', REACTIONS), keysIn(taken)]).toEqual([about, []]);
    },
  },
  {
    feature: 'what its author takes back',
    async there(stage) {
      const { event, reference: id } = await sayThere(stage, 'forget this');
      await send(stage, xml('retract', { xmlns: RETRACT, id }));
      await seen(stage, 'the redaction', ({ type, redacts }) => type === 'm.room.redaction' && redacts === event.id);
    },
    async back(stage) {
      const { event, reference: id } = await sayBack(stage, 'forget that');
      await stage.far.client.redactEvent(stage.room, event);
      const retraction = await told(stage, 'the retraction', (one) => reference(one, 'retract', RETRACT) === id);
      expect(isFromFar(stage, retraction)).toBe(true);
    },
  },
  {
    feature: 'an answer',
    async there(stage) {
      const first = await sayBack(stage, 'who is it?');
      const to = first.stanza.attrs.from ?? '';
      const reply = xml('reply', { xmlns: 'urn:xmpp:reply:0', id: first.reference, to });
      const answer = await sayThere(stage, 'it is I', reply);
      expect(answer.event.relation).toEqual({ 'm.in_reply_to': { event_id: first.event } });
    },
    async back(stage) {
      const { event, reference: id } = await sayThere(stage, 'who is there?');
      const answer = await sayBack(stage, 'nobody', { 'm.relates_to': { 'm.in_reply_to': { event_id: event.id } } });
      const reply = answer.stanza.getChild('reply', 'urn:xmpp:reply:0');
      expect(reply?.attrs.id).toBe(id);
      // Of two, the other one is meant.
      if (stage.type === 'groupchat') expect(reply?.attrs.to).toBe(`${stage.jid}/${stage.nick}`);
    },
  },
  {
    feature: 'a thread',
    async there(stage) {
      const thread = xml('thread', {}, 'aside');
      const root = await sayThere(stage, 'a root', thread);
      const leaf = await sayThere(stage, 'a leaf', thread);
      expect(leaf.event.relation).toMatchObject({ rel_type: 'm.thread', event_id: root.event.id });
    },
    async back(stage) {
      const root = await sayBack(stage, 'another root');
      const within = { rel_type: 'm.thread', event_id: root.event };
      const leaf = await sayBack(stage, 'another leaf', { 'm.relates_to': within });
      const thread = leaf.stanza.getChildText('thread') ?? '';
      expect(thread).not.toBe('');
      // Who answers in it is in the same thread.
      const answer = await sayThere(stage, 'in your thread', xml('thread', {}, thread));
      expect(answer.event.relation).toMatchObject(within);
    },
  },
];

/** Who does what at the moment. */
export const signs: readonly Feature<Talk>[] = [
  {
    feature: 'typing',
    async there(stage) {
      const { far, room, self } = stage;
      await send(stage, xml('composing', { xmlns: CHAT_STATES }));
      await far.types(room, self, true);
      await send(stage, xml('paused', { xmlns: CHAT_STATES }));
      await far.types(room, self, false);
    },
    async back(stage) {
      const { far, room } = stage;
      const state = (name: string) =>
        told(stage, name, (one) => isFromFar(stage, one) && !!one.getChild(name, CHAT_STATES));
      await far.client.sendTyping(room, true, 30_000);
      await state('composing');
      await far.client.sendTyping(room, false, 0);
      await state('paused');
    },
  },
  {
    feature: 'what is read',
    async there(stage) {
      await configure(stage.xmpp, MATRIX, { read: ['public'] });
      const { event, reference: id } = await sayBack(stage, 'read this');
      await send(stage, xml('displayed', { xmlns: MARKERS, id }));
      await stage.far.read(stage.room, stage.self, event);
    },
    async back(stage) {
      const { event, reference: id } = await sayThere(stage, 'read that', xml('markable', { xmlns: MARKERS }));
      await stage.far.client.setRoomReadMarkersHttpRequest(stage.room, event.id, event.id);
      const isMarker = (one: Element) => isFromFar(stage, one) && !!one.getChild('displayed', MARKERS);
      expect(reference(await told(stage, 'the marker', isMarker), 'displayed', MARKERS)).toBe(id);
    },
  },
];

/** Who is in the room, and may do what. */
export const powers: readonly Feature[] = [
  {
    feature: 'what another takes out',
    async there(stage) {
      const { event, reference: id } = await sayBack(stage, 'buy this');
      const moderate = { xmlns: 'urn:xmpp:message-moderate:1', id };
      const reason = xml('reason', {}, 'spam');
      await asModerator(stage, xml('moderate', moderate, xml('retract', { xmlns: RETRACT }), reason));
      const redaction = await seen(stage, 'the redaction', ({ redacts }) => redacts === event);
      expect(redaction.content.reason).toBe('spam');
    },
    async back(stage) {
      const { event, reference: id } = await sayThere(stage, 'buy that');
      await stage.far.client.redactEvent(stage.room, event.id);
      const retraction = await told(stage, 'the moderation', (one) => reference(one, 'retract', RETRACT) === id);
      expect(retraction.attrs.from).toBe(stage.jid);
      const moderated = retraction.getChild('retract', RETRACT)?.getChild('moderated', 'urn:xmpp:message-moderate:1');
      expect(moderated?.attrs.by).toBe(farOccupant(stage));
    },
  },
  {
    feature: 'a topic',
    async there(stage) {
      await send(stage, xml('subject', {}, 'In exile'));
      const topic = await seen(stage, 'the topic', ({ type }) => type === 'm.room.topic');
      expect(topic.content).toMatchObject({ topic: 'In exile' });
    },
    async back(stage) {
      await stage.far.client.sendStateEvent(stage.room, 'm.room.topic', { topic: 'Back home' }, '');
      const subject = await told(stage, 'the topic', (one) => one.getChildText('subject') === 'Back home');
      expect(subject.attrs.from).toBe(farOccupant(stage));
    },
  },
  {
    feature: 'power levels',
    async there(stage) {
      const nick = nickOf(stage.third);
      await asModerator(stage, item({ nick, role: 'moderator' }));
      const levels = await seen(stage, 'the power', ({ type }) => type === 'm.room.power_levels');
      expect(levels.content.users).toMatchObject({ [stage.third.user]: 50 });
      await shown(stage, nick, (one) => one?.attrs.role === 'moderator');
    },
    async back(stage) {
      await setLevel(stage, stage.self, 0);
      const low = await shown(stage, stage.nick, (one) => one?.attrs.role === 'participant');
      expect(low.getChild('x', MUC_USER)?.getChild('item')?.attrs.affiliation).toBe('none');
      await setLevel(stage, stage.self, 60);
      const high = await shown(stage, stage.nick, (one) => one?.attrs.role === 'moderator');
      expect(high.getChild('x', MUC_USER)?.getChild('item')?.attrs.affiliation).toBe('admin');
    },
  },
  {
    feature: 'a kick, and an invitation',
    async there(stage) {
      const { third, room, jid, xmpp } = stage;
      await asModerator(stage, item({ nick: nickOf(third), role: 'none' }, xml('reason', {}, 'rude')));
      const isAbout = (membership: string) =>
        seen(stage, membership, ({ about, content }) => about === third.user && content.membership === membership);
      expect((await isAbout('leave')).content.reason).toBe('rude');
      const invite = xml('invite', { to: jidOf(third.user) }, xml('reason', {}, 'come back'));
      await xmpp.send(xml('message', { to: jid }, xml('x', { xmlns: MUC_USER }, invite)));
      expect((await isAbout('invite')).content.reason).toBe('come back');
      await third.invited(room);
      await third.join(room);
      await shown(stage, nickOf(third), (_, one) => one.attrs.type === undefined);
    },
    async back(stage) {
      const { far, room, jid, xmpp, self, nick } = stage;
      await far.client.kick(room, self, 'too late');
      const out = await shown(stage, nick, (_, one) => one.attrs.type === 'unavailable');
      const told = out.getChild('x', MUC_USER);
      expect(told?.getChildren('status').map((one) => one.attrs.code)).toContain('307');
      expect(told?.getChild('item')?.getChildText('reason')).toBe('too late');
      await far.client.invite(room, self);
      await xmpp.next((one) => isInvitation(one, jid), 'the invitation');
      expect((await enter(xmpp, jid, nick)).attrs.type).toBeUndefined();
      await far.joined(room, self);
    },
  },
];

/** The room is replaced by another one: its end names that, which is entered by its address. */
export async function playUpgrade(stage: Stage, version: string): Promise<void> {
  const { far, room, xmpp, self, nick } = stage;
  const { replacement_room: next } = await far.client.upgradeRoom(room, version);
  const end = await shown(stage, nick, (_, one) => one.attrs.type === 'unavailable');
  expect(end.getChild('x', MUC_USER)?.getChild('destroy')?.attrs.jid).toBe(jidOf(next));
  await far.client.invite(next, self);
  await xmpp.next((one) => isInvitation(one, jidOf(next)), 'the invitation into it');
  expect((await enter(xmpp, jidOf(next), nick)).attrs.type).toBeUndefined();
  await far.joined(next, self);
  const moved = { ...stage, room: next, jid: jidOf(next) };
  await sayThere(moved, 'here we are');
  await sayBack(moved, 'so we are');
}
