import { addresses } from '#bridges/matrix/addresses.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { limited } from '#bridges/matrix/homeserver/limit.ts';
import { sendFile, sendPicture } from '#bridges/matrix/media/upload.ts';
import { openUploadLimit } from '#bridges/matrix/media/upload-limit.ts';
import type { Corrections } from '#bridges/matrix/messages/corrections.ts';
import { MARK } from '#bridges/matrix/messages/marks.ts';
import { ifNowhere, type Origins } from '#bridges/matrix/messages/origins.ts';
import { keysOf, type OwnReaction, type Reactions } from '#bridges/matrix/messages/reactions.ts';
import { openSenders, type Senders, TAKEN, taken } from '#bridges/matrix/messages/senders.ts';
import type { Threads } from '#bridges/matrix/messages/threads.ts';
import { openTyping } from '#bridges/matrix/messages/typing.ts';
import type { Underway } from '#bridges/matrix/messages/underway.ts';
import type { Invitations } from '#bridges/matrix/rooms/invitations.ts';
import { roomNow } from '#bridges/matrix/rooms/room-now.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { typingContent } from '#bridges/matrix/wire/ephemeral.ts';
import { type Content, textOf } from '#bridges/matrix/wire/event.ts';
import type { Uploaded } from '#bridges/matrix/wire/files.ts';
import { namedIn } from '#bridges/matrix/wire/mentions.ts';
import {
  editContent,
  messageContents,
  reactionContent,
  textContent,
  type WritingView,
} from '#bridges/matrix/wire/message-out.ts';
import { callsAll, maySet } from '#bridges/matrix/wire/power.ts';
import { userOf } from '#bridges/matrix/wire/room.ts';
import { SETTING_TYPES, settingsChanges } from '#bridges/matrix/wire/room-settings.ts';
import type { Delivered, Host } from '#src/bridge.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import type { Draft, Event, EventKind, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { DirectRooms } from './direct-rooms.ts';
import type { Directs } from './directs.ts';
import type { Entering, GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';
import type { Moderation } from './moderation.ts';
import type { Outage } from './outage.ts';
import { openPlain } from './plain.ts';
import { type Policies, shutOut } from './policies.ts';

export type OutgoingParts = {
  /** Milliseconds, of a call. */
  readonly timeout: number;
  readonly host: Host;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
  readonly directs: Directs;
  readonly directRooms: DirectRooms;
  readonly reactions: Reactions;
  readonly threads: Threads;
  readonly corrections: Corrections;
  readonly origins: Origins;
  readonly underway: Underway;
  readonly moderation: Moderation;
  readonly policies: Pick<Policies, 'user'>;
  readonly outage: Pick<Outage, 'waits'>;
  readonly invitations: Pick<Invitations, 'between'>;
  readonly watchers: Map<string, Set<AccountKey>>;
  /** Ends with the bridge. */
  readonly stop: AbortSignal;
  /** Tells how somebody is called. Never rejects: nobody may know. */
  tellName(place: Place, user: string): Promise<void>;
  /** What was said in a room before, as far as an account may read it. Never rejects. */
  past(account: AccountKey, id: string): Promise<readonly Draft[]>;
};

/** Where an event goes, and in whose name. */
export type Aim = { readonly account: AccountKey; readonly as: string; readonly room: string; readonly alone: boolean };

/** For how long (ms) who comes into a room waits for what was said there before. */
const PATIENCE = 3_000;
const pause = backoff({ min: 500, max: 30_000, random: Math.random });

/** What goes to Matrix by ghosts. */
export function openOutgoing(parts: OutgoingParts) {
  const { host, server, ghosts, rooms, directs, reactions, threads, corrections, moderation, policies, watchers } =
    parts;
  const { underway, directRooms } = parts;
  const limit = openUploadLimit(server, host.clock);

  const accountOf = ({ place, from }: Event): AccountKey => {
    if (place.kind !== 'shared') return place.account;
    if (from.kind !== 'xmpp') throw new Failure('bad-request');
    return accountKey(from.bare, host.transport);
  };

  const nameOf = (event: Event): string => {
    if (event.place.kind === 'realm') throw new Failure('not-supported');
    return addresses.parse(event.place.id).name;
  };

  /** Where an event goes. `make`: a direct room is made where there is none; else `item-not-found`. */
  async function aim(event: Event, make = false): Promise<Aim> {
    const account = accountOf(event);
    const name = nameOf(event);
    if (event.place.kind !== 'contact') {
      await assertInside(account, name);
      return { account, as: ghosts.idOf(account), room: name, alone: false };
    }
    const refusal = ghosts.refusal(name) ?? shutOut(policies.user(name) ?? policies.user(ghosts.idOf(account)));
    if (refusal) throw refusal;
    const as = await ghosts.ready(account);
    const known =
      (await parts.origins.roomFor(event, directs.all(account, name), as)) ?? directs.between(account, name)?.room;
    if (known !== undefined) return { account, as, room: known, alone: true };
    const wanted = { event: event.id, account, as, user: name };
    const made = await directRooms.madeFor(wanted);
    if (made) return { account, as, room: made.room, alone: true };
    if (!make) throw new Failure('item-not-found');
    // Whoever has just asked to talk alone is written to in their room.
    await parts.invitations.between(account, name);
    const { room } = directs.between(account, name) ?? (await directRooms.make(wanted));
    return { account, as, room, alone: true };
  }

  /** Those who are on their way into rooms, until they are told who is there. */
  const coming = new Map<string, Promise<void>>();

  /** Rejects with `not-joined` for who is not in a room. What is said on the way in, as after a restart, waits for that. */
  async function assertInside(account: AccountKey, id: string): Promise<void> {
    const arrival = coming.get(`${account} ${id}`);
    if (arrival) await limited(host.clock, parts.timeout, () => arrival);
    if (!rooms.get(id)?.inside.has(account)) throw new Failure('not-joined');
  }

  const { assertPlain, assertPlainNow } = openPlain({ server, rooms, directs });

  const send = (to: Aim, content: Content, transaction: string): Promise<string> =>
    underway.sent(transaction, (known) => put(to, content, transaction, known));

  async function put(to: Aim, { type, content }: Content, transaction: string, signal: AbortSignal): Promise<string> {
    // A file takes minutes to get there, in which the room may have become encrypted.
    await assertPlainNow(to);
    const { as, room } = to;
    const path = ['v3', 'rooms', room, 'send', type, transaction];
    const sent = await server.call({ method: 'PUT', path, body: { ...content, [MARK]: transaction }, as, signal });
    const id = textOf(sent.event_id);
    if (id === undefined) throw new Failure('remote-server-timeout', { certain: false });
    parts.origins.learn(id, room);
    return id;
  }

  async function redact({ as, room }: Aim, id: string, transaction: string, reason?: string): Promise<string> {
    const path = ['v3', 'rooms', room, 'redact', id, transaction];
    const body = reason === undefined ? {} : { reason };
    const sent = await server.call({ method: 'PUT', path, body, as });
    return textOf(sent.event_id) ?? '';
  }

  /** Tells of a room that an account has come into what was said there, and who is there; what is long in coming comes late. */
  async function begin(account: AccountKey, id: string): Promise<void> {
    const past = parts.past(account, id);
    const { promise: patience, resolve } = Promise.withResolvers<undefined>();
    const cancel = host.clock.after(PATIENCE, () => resolve(undefined));
    const found = await Promise.race([past, patience]).finally(cancel);
    rooms.get(id)?.arriving.delete(account);
    await host.emit([...(found ?? []), ...rooms.shown(id)]);
    if (!found) void past.then((late) => (parts.stop.aborted ? undefined : host.emit(late)));
  }

  /** Who `isBack` after a restart is in the room still, also while the homeserver is away. */
  async function enter(entering: Entering): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await rooms.enter(entering);
      } catch (error) {
        const isOutage = error instanceof Failure && error.row.retry && !parts.stop.aborted;
        if (!isOutage || !entering.isBack) throw error;
      }
      await new Promise<void>((done) => {
        host.clock.after(pause(tries), done);
        parts.stop.addEventListener('abort', () => done(), { once: true });
      });
    }
  }

  async function arrive(account: AccountKey, id: string, nick: string): Promise<void> {
    const isBack = await rooms.wasInside(account, id);
    await enter({ account, id, nick, isBack });
    // What was said since, the homeserver has yet to tell all who are there.
    if (isBack) await host.emit(rooms.shown(id));
    else await begin(account, id);
  }

  const typing = openTyping({
    ...{ clock: host.clock, stop: parts.stop },
    tell: (room, as, timeout) =>
      server.call({ method: 'PUT', path: ['v3', 'rooms', room, 'typing', as], body: typingContent(timeout), as }),
  });

  /** Says to somebody that what they wrote has not arrived; nothing where the room is gone, or is encrypted by now. */
  async function undelivered(event: EventOf<'receipt'>): Promise<Delivered> {
    try {
      const to = await aim(event);
      const text = wordsIn(texts.undelivered, host.language(to.account));
      const about = { 'm.relates_to': { 'm.in_reply_to': { event_id: event.target } } };
      const content = { ...textContent({ text, style: 'notice' }), ...about };
      await send(to, { type: 'm.room.message', content }, `${event.id}.0`);
    } catch (error) {
      if (!(error instanceof Failure) || error.row.retry) throw error;
    }
    return TAKEN;
  }

  const senders: Senders = {
    async message(event) {
      const to = await aim(event, true);
      assertPlain(to);
      typing.end(to.room, to.as);
      const uploaded: Uploaded[] = [];
      if (event.files?.length) await assertPlainNow(to);
      for (const file of event.files ?? []) uploaded.push(await sendFile({ host, server, limit, file, ...to }));
      const { thread } = event;
      const root = thread === undefined ? undefined : await threads.rootOf(to.room, thread);
      const inside = rooms.get(to.room);
      const view: WritingView = {
        userOf: (nick) => (inside ? userOf(inside.room, nick) : undefined),
        namedIn: (text) => (inside ? namedIn(text, inside.room, to.as) : []),
        rootOf: () => root,
        latestOf: (first) => threads.latestOf(to.room, first),
        callsAll: inside !== undefined && callsAll(inside.room.levels, to.as),
      };
      const ids: string[] = [];
      const replyTo = event.replyTo === undefined ? {} : { replyTo: corrections.known(event.replyTo) };
      const contents = messageContents({ ...event, ...replyTo }, uploaded, view);
      if (contents.length === 0) throw new Failure('not-acceptable');
      for (const [index, content] of contents.entries()) ids.push(await send(to, content, `${event.id}.${index}`));
      const [first] = ids;
      for (const id of ids) corrections.learn(id, id);
      if (thread !== undefined && first !== undefined) await threads.said(to.room, thread, root, first);
      return taken(...ids);
    },

    async edit(event) {
      const to = await aim(event);
      assertPlain(to);
      const said = { text: event.text, style: event.style, ...(event.unstyled && { unstyled: true }) };
      const target = await corrections.find(to.room, event.target, to.as);
      const inside = rooms.get(to.room);
      const mentioned = inside ? namedIn(event.text, inside.room, to.as) : [];
      const id = await send(to, editContent(said, target, mentioned), `${event.id}.0`);
      corrections.learn(id, target);
      return taken(id);
    },

    async retract(event) {
      const to = await aim(event);
      return taken(await redact(to, corrections.known(event.target), `${event.id}.0`, event.reason));
    },

    async reaction(event) {
      const to = await aim(event);
      assertPlain(to);
      const target = corrections.known(event.target);
      const at = { room: to.room, target, user: to.as };
      const set = await reactions.of(at);
      const fresh = event.emoji.filter((key) => !keysOf(set).includes(key));
      const gone = set.filter(({ key }) => !event.emoji.includes(key));
      const added: OwnReaction[] = [];
      for (const [index, key] of fresh.entries())
        added.push({ key, event: await send(to, reactionContent(target, key), `${event.id}.${index}`) });
      for (const [index, one] of gone.entries()) await redact(to, one.event, `${event.id}.x${index}`);
      const kept = set.filter((one) => !gone.includes(one));
      await host.state.write(reactions.change(at, [...kept, ...added], gone).writes);
      return taken(...added.map((one) => one.event));
    },

    async receipt(event) {
      if (event.state === 'failed') return undelivered(event);
      if (event.state !== 'displayed') return TAKEN;
      const to = await aim(event).catch(ifNowhere);
      if (!to) return TAKEN;
      const { account: set } = await host.settings(event.place, to.account);
      const { read } = { read: 'private', ...(set as { read?: string } | undefined) };
      if (read === 'off') return TAKEN;
      const body = {
        'm.fully_read': event.target,
        [read === 'public' ? 'm.read' : 'm.read.private']: event.target,
      };
      const path = ['v3', 'rooms', to.room, 'read_markers'];
      await server.call({ method: 'POST', path, body, as: to.as, repeatable: true });
      return TAKEN;
    },

    async typing(event) {
      const to = await aim(event).catch(ifNowhere);
      if (!to) return TAKEN;
      await typing.say(to.room, to.as, event.active);
      return TAKEN;
    },

    async presence(event) {
      return moderation.presence(accountOf(event), event);
    },

    async profile(event) {
      await ghosts.look(accountOf(event), event);
      return TAKEN;
    },

    async contact(event) {
      const user = nameOf(event);
      const account = accountOf(event);
      const watching = watchers.get(user) ?? new Set();
      if (event.action === 'subscribe') {
        watchers.set(user, watching.add(account));
        await parts.tellName(event.place, user);
      }
      if (event.action === 'unsubscribe' && watching.delete(account) && watching.size === 0) watchers.delete(user);
      return TAKEN;
    },

    async nick(event) {
      await moderation.nick(accountOf(event), event);
      return TAKEN;
    },

    async occupant(event) {
      const account = accountOf(event);
      const id = nameOf(event);
      if (event.change === 'leave') {
        typing.end(id, ghosts.idOf(account));
        await rooms.leave(account, id, event.reason);
        return TAKEN;
      }
      if (event.change !== 'join') return moderation.occupant(await aim(event), event);
      const key = `${account} ${id}`;
      const arriving = arrive(account, id, event.who.nick).finally(() => coming.delete(key));
      coming.set(key, arriving);
      await arriving;
      return TAKEN;
    },

    affiliation: async (event) => moderation.affiliation(await aim(event), event),
    async room(event) {
      if (event.change !== 'config' && event.change !== 'avatar') throw new Failure('not-supported');
      const to = await aim(event);
      if (event.change === 'avatar') {
        const levels = rooms.get(to.room)?.room.levels;
        // Nothing is uploaded to be refused.
        if (levels && !maySet(levels, to.as, 'm.room.avatar')) throw new Failure('not-permitted');
        const url = event.avatar && (await sendPicture({ host, server, as: to.as }, event.avatar));
        return moderation.picture(to, url);
      }
      const inside = rooms.get(to.room);
      const room = inside && (await roomNow({ server, as: to.as }, inside.room, SETTING_TYPES));
      const changes = room ? settingsChanges(room, to.as, event.answer ?? {}) : [];
      for (const { type, content: body } of changes) {
        const path = ['v3', 'rooms', to.room, 'state', type, ''];
        await server.call({ method: 'PUT', path, body, as: to.as });
      }
      return TAKEN;
    },

    topic: async (event) => moderation.topic(await aim(event), event),
    async invite(event) {
      const refusal = event.declined ? undefined : shutOut(policies.user(nameOf(event)));
      if (refusal) throw refusal;
      return moderation.invite(event, accountOf(event), nameOf(event));
    },
  };

  const queue = openSenders({
    ...{ host, senders, underway, most: MOST_WAITING, stop: parts.stop },
    laneOf: (event) => `${accountOf(event)} ${placeKey(event.place)}`,
    failed(event, { row }) {
      if (row.retry && SAID.includes(event.kind)) parts.outage.waits(accountOf(event));
    },
  });
  return {
    deliver: queue.deliver,
    idle: queue.idle,
    /** Where an event may have gone of which that is not known; nothing where there is no room that it could be in. */
    whereabouts(event: Event): Promise<Aim | undefined> {
      directRooms.doubt(event.id);
      return aim(event).catch(ifNowhere);
    },
  };
}

/** What is kept until the homeserver takes it, and whose sender wants to know. */
const SAID: readonly EventKind[] = ['message', 'edit', 'retract', 'reaction'];

/** Events that wait in this process. */
const MOST_WAITING = 50_000;
