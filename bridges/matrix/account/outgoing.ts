import { addresses } from '#bridges/matrix/addresses.ts';
import type { DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { sendFile, sendPicture } from '#bridges/matrix/media/upload.ts';
import { openUploadLimit } from '#bridges/matrix/media/upload-limit.ts';
import type { Corrections } from '#bridges/matrix/messages/corrections.ts';
import { findSent, MARK, markOf } from '#bridges/matrix/messages/marks.ts';
import { ifNowhere, type Origins } from '#bridges/matrix/messages/origins.ts';
import { keysOf, type OwnReaction, type Reactions } from '#bridges/matrix/messages/reactions.ts';
import { openSenders, type Senders, TAKEN, taken } from '#bridges/matrix/messages/senders.ts';
import type { Threads } from '#bridges/matrix/messages/threads.ts';
import { openTyping } from '#bridges/matrix/messages/typing.ts';
import type { Underway } from '#bridges/matrix/messages/underway.ts';
import { isBanned } from '#bridges/matrix/rooms/banned.ts';
import { openEncryptionLook } from '#bridges/matrix/rooms/encryption.ts';
import { roomNow } from '#bridges/matrix/rooms/room-now.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { presenceContent, typingContent } from '#bridges/matrix/wire/ephemeral.ts';
import { type Content, type Json, textOf } from '#bridges/matrix/wire/event.ts';
import type { Uploaded } from '#bridges/matrix/wire/files.ts';
import { namedIn } from '#bridges/matrix/wire/mentions.ts';
import { editContent, messageContents, reactionContent, type WritingView } from '#bridges/matrix/wire/message-out.ts';
import { callsAll, contentOf, levelFor, maySet, withLevel } from '#bridges/matrix/wire/power.ts';
import { readersOf, userOf } from '#bridges/matrix/wire/room.ts';
import { SETTING_TYPES, settingsChanges } from '#bridges/matrix/wire/room-settings.ts';
import type { Host } from '#src/bridge.ts';
import type { Recent } from '#src/lib/recent.ts';
import type { Event, FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Affiliation, Role } from '#src/model/party.ts';
import { placeKey } from '#src/model/place.ts';
import { openOwnDirects } from './directs.ts';
import { openEntrance } from './entrance.ts';
import type { OwnIncoming } from './incoming.ts';
import type { Looks } from './looks.ts';
import type { OwnRooms } from './rooms.ts';

export type OwnOutgoingParts = {
  readonly host: Host;
  readonly account: AccountKey;
  readonly user: string;
  readonly device: string;
  /** By which device something was sent of which it is not known whether it went. */
  readonly doubts: Recent<string>;
  readonly server: Homeserver;
  readonly rooms: OwnRooms;
  readonly reactions: Reactions;
  readonly threads: Threads;
  readonly corrections: Corrections;
  readonly origins: Origins;
  readonly underway: Underway;
  readonly keys: DeviceKeys | undefined;
  readonly invitations: Pick<OwnIncoming, 'between'>;
  /** Ends with the session. */
  readonly stop: AbortSignal;
  readonly looks: Looks;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
};

const MOST_WAITING = 5_000;

/** What an account says and does at the homeserver, encrypted where the room is. */
export function openOwnOutgoing(parts: OwnOutgoingParts) {
  const { host, account, user, server, rooms, reactions, threads, corrections, keys, stop, looks, doubts } = parts;
  const { underway } = parts;
  const directs = openOwnDirects({ user, server, rooms, keys });
  const limit = openUploadLimit(server, host.clock);

  const nameOf = ({ place }: Event): string => {
    if (place.kind === 'realm') throw new Failure('not-supported');
    return addresses.parse(place.id).name;
  };

  const idOf = async (name: string, by: Homeserver = server): Promise<string> =>
    name.startsWith('#') ? rooms.servers.find(by, name) : name;

  /** The room that an event goes to. `make`: a direct one is made where there is none. */
  async function aim(event: Event, make = false): Promise<string> {
    const name = nameOf(event);
    if (event.place.kind !== 'contact') {
      const id = await idOf(name);
      if (!rooms.isIn(id)) throw new Failure('not-joined');
      return id;
    }
    const known =
      (await parts.origins.roomFor(event, rooms.with(name))) ??
      (await rooms.withBoth(name)) ??
      (await directs.madeFor(event.id, name));
    if (known !== undefined) return known;
    if (!make) throw new Failure('item-not-found');
    // Whoever has just asked to talk alone is written to in their room.
    await parts.invitations.between(name);
    return (await rooms.withBoth(name)) ?? directs.make(event.id, name);
  }

  const look = openEncryptionLook(server);

  /** Whether a room is encrypted by now, also where that was not told yet. Rejects with a `Failure` where it is and we have no keys. */
  async function isEncrypted(id: string): Promise<boolean> {
    const { room } = rooms.get(id) ?? {};
    if (!room) throw new Failure('not-joined');
    const found = room.encrypted ? undefined : await look(id);
    if (found) Object.assign(room, { encrypted: true, encryption: found });
    if (room.encrypted && !keys) throw new Failure('policy-violation', { text: texts.encrypted });
    return room.encrypted;
  }

  /** Files as they are uploaded: once more where the room has become encrypted meanwhile. */
  async function upload(id: string, files: readonly FileRef[]): Promise<readonly Uploaded[]> {
    if (files.length === 0) return [];
    const encrypted = await isEncrypted(id);
    const uploaded: Uploaded[] = [];
    for (const file of files) uploaded.push(await sendFile({ host, server, limit, account, file, encrypted }));
    return encrypted === (await isEncrypted(id)) ? uploaded : upload(id, files);
  }

  /** What is sent: where all else is encrypted, that is too, or it is refused. What it is about is in plain (§11.12.4.5). */
  async function sealed(id: string, { type, content }: Content): Promise<Content> {
    // A reaction is nothing beyond what it is about: encrypted it would be counted by no server, and ring like a message.
    if (!(await isEncrypted(id)) || !keys || type === 'm.reaction') return { type, content };
    const { room } = await rooms.complete(id);
    const about = { room: id, historyVisibility: room.historyVisibility, encryption: room.encryption ?? {} };
    const encrypted = await keys.encrypt({ ...about, members: readersOf(room) }, type, content);
    const relation = content['m.relates_to'];
    return {
      type: 'm.room.encrypted',
      content: { ...encrypted, ...markOf(content), ...(relation !== undefined && { 'm.relates_to': relation }) },
    };
  }

  const send = (id: string, content: Content, transaction: string): Promise<string> =>
    underway.sent(transaction, (known) => put(id, content, transaction, known));

  async function put(id: string, content: Content, transaction: string, signal: AbortSignal): Promise<string> {
    const before = await sentBefore(id, transaction);
    if (before !== undefined) return before;
    const marked = { ...content, content: { ...content.content, [MARK]: transaction } };
    const { type, content: body } = await sealed(id, marked);
    const path = ['v3', 'rooms', id, 'send', type, transaction];
    doubts.set(transaction, parts.device);
    const sent = textOf((await server.call({ method: 'PUT', path, body, signal })).event_id);
    if (sent === undefined) throw new Failure('remote-server-timeout', { certain: false });
    parts.origins.learn(sent, id);
    return sent;
  }

  /** What a device before this one has sent without an answer: transactions are known by the device (§11.5). */
  async function sentBefore(id: string, transaction: string): Promise<string | undefined> {
    const { device } = parts;
    if ((doubts.get(transaction) ?? device) === device) return undefined;
    return findSent(server, { room: id }, (one) => one === transaction);
  }

  async function redact(id: string, target: string, transaction: string, reason?: string): Promise<string> {
    const path = ['v3', 'rooms', id, 'redact', target, transaction];
    const sent = await server.call({ method: 'PUT', path, body: because(reason) });
    return textOf(sent.event_id) ?? '';
  }

  const post = (id: string, what: string, body: Json): Promise<Json> =>
    server.call({ method: 'POST', path: ['v3', 'rooms', id, what], body, repeatable: true });

  async function leave(id: string, reason: string | undefined): Promise<void> {
    await post(id, 'leave', because(reason));
    rooms.leave(id);
  }

  const setState = (id: string, type: string, body: Json): Promise<Json> =>
    server.call({ method: 'PUT', path: ['v3', 'rooms', id, 'state', type, ''], body });

  function whom(id: string, who: { readonly id: string; readonly nick: string }): string {
    const known = rooms.get(id);
    const found = who.id.startsWith('@') ? who.id : known && userOf(known.room, who.nick);
    if (found === undefined) throw new Failure('item-not-found');
    return found;
  }

  /** Whoever reads a room takes back that it was to be unread (MSC2867). */
  async function unmark(id: string): Promise<void> {
    const known = rooms.get(id);
    if (!known?.marked) return;
    const path = ['v3', 'user', user, 'rooms', id, 'account_data', 'm.marked_unread'];
    await server.call({ method: 'PUT', path, body: { unread: false } });
    known.marked = false;
  }

  async function rank(id: string, who: string, wanted: { affiliation?: Affiliation; role?: Role }): Promise<void> {
    const known = await rooms.complete(id);
    const room = await roomNow({ server }, known.room, ['m.room.power_levels']);
    const level = levelFor(room.levels, wanted);
    if (level === undefined) throw new Failure('not-supported');
    // Creators of rooms of version 12 stand above all levels, and must not be named in them.
    if (room.levels.creators.includes(who)) throw new Failure('not-allowed');
    await setState(id, 'm.room.power_levels', withLevel(contentOf(room.levels, room.levelContent), who, level));
  }

  const enter = openEntrance({ host, user, server, rooms, idOf, timeout: parts.timeout });

  const typing = openTyping({
    ...{ clock: host.clock, stop },
    tell: (id, who, timeout) =>
      server.call({ method: 'PUT', path: ['v3', 'rooms', id, 'typing', who], body: typingContent(timeout) }),
  });

  const senders: Senders = {
    async message(event) {
      const id = await aim(event, true);
      typing.end(id, user);
      const known = rooms.get(id);
      const uploaded = await upload(id, event.files ?? []);
      const { thread } = event;
      const root = thread === undefined ? undefined : await threads.rootOf(id, thread);
      const view: WritingView = {
        userOf: (nick) => known && userOf(known.room, nick),
        namedIn: (text) => (known ? namedIn(text, known.room, user) : []),
        rootOf: () => root,
        latestOf: (first) => threads.latestOf(id, first),
        callsAll: known !== undefined && callsAll(known.room.levels, user),
      };
      const replyTo = event.replyTo === undefined ? {} : { replyTo: corrections.known(event.replyTo) };
      const contents = messageContents({ ...event, ...replyTo }, uploaded, view);
      if (contents.length === 0) throw new Failure('not-acceptable');
      const ids: string[] = [];
      for (const [index, content] of contents.entries()) ids.push(await send(id, content, `${event.id}.${index}`));
      const [first] = ids;
      for (const one of ids) corrections.learn(one, one);
      if (thread !== undefined && first !== undefined) await threads.said(id, thread, root, first);
      return taken(...ids);
    },

    async edit(event) {
      const said = { text: event.text, style: event.style, ...(event.unstyled && { unstyled: true }) };
      const id = await aim(event);
      const target = await corrections.find(id, event.target);
      const known = rooms.get(id);
      const mentioned = known ? namedIn(event.text, known.room, user) : [];
      const sent = await send(id, editContent(said, target, mentioned), `${event.id}.0`);
      corrections.learn(sent, target);
      return taken(sent);
    },

    async retract(event) {
      const id = await aim(event);
      return taken(await redact(id, corrections.known(event.target), `${event.id}.0`, event.reason));
    },

    async reaction(event) {
      const id = await aim(event);
      const target = corrections.known(event.target);
      const at = { room: id, target, user };
      const set = await reactions.of(at);
      const gone = set.filter(({ key }) => !event.emoji.includes(key));
      const added: OwnReaction[] = [];
      for (const [index, key] of event.emoji.filter((one) => !keysOf(set).includes(one)).entries())
        added.push({ key, event: await send(id, reactionContent(target, key), `${event.id}.${index}`) });
      for (const [index, one] of gone.entries()) await redact(id, one.event, `${event.id}.x${index}`);
      const kept = set.filter((one) => !gone.includes(one));
      await host.state.write(reactions.change(at, [...kept, ...added], gone).writes);
      return taken(...added.map((one) => one.event));
    },

    async receipt(event) {
      if (event.state !== 'displayed') return TAKEN;
      const { account: set } = await host.settings(event.place, account);
      const { read } = { read: 'private', ...(set as { read?: string } | undefined) };
      if (read === 'off') return TAKEN;
      const kind = read === 'public' ? 'm.read' : 'm.read.private';
      const id = await aim(event).catch(ifNowhere);
      if (id === undefined) return TAKEN;
      await post(id, 'read_markers', { 'm.fully_read': event.target, [kind]: event.target });
      await unmark(id);
      return TAKEN;
    },

    async typing(event) {
      const id = await aim(event).catch(ifNowhere);
      if (id !== undefined) await typing.say(id, user, event.active);
      return TAKEN;
    },

    async presence({ show, status }) {
      const call = {
        method: 'PUT',
        path: ['v3', 'presence', user, 'status'],
        body: presenceContent(show, status),
      } as const;
      await server.call(call).catch((error: unknown) => {
        // Where the homeserver knows no presence, nobody is told any.
        if (!(error instanceof Failure) || error.code !== 'not-permitted') throw error;
      });
      return TAKEN;
    },

    // People there are seen without being asked.
    async contact(event) {
      if (event.action === 'subscribe') await looks.tellOf(event.place, nameOf(event));
      return TAKEN;
    },

    async profile(event) {
      await looks.wear(event);
      return TAKEN;
    },

    async occupant(event) {
      if (event.change === 'join') await enter(event);
      else if (event.change === 'leave') {
        if (event.forGood) await leave(await idOf(nameOf(event)), event.reason);
      } else {
        const id = await aim(event);
        const who = whom(id, event.who);
        if (event.change === 'role') await rank(id, who, { role: event.who.role });
        else if (event.change === 'rename') throw new Failure('not-supported');
        else await post(id, event.change, { user_id: who, ...because(event.reason) });
      }
      return TAKEN;
    },

    async affiliation(event) {
      const id = await aim(event);
      await rooms.complete(id);
      for (const { id: one, affiliation, reason } of event.changes) {
        const who = whom(id, { id: one, nick: one });
        const body = { user_id: who, ...because(reason) };
        if (affiliation === 'outcast') await post(id, 'ban', body);
        else if (await isBanned(server, { room: id, user: who })) await post(id, 'unban', body);
        else await rank(id, who, { affiliation });
      }
      return TAKEN;
    },

    /** A name in this room alone (§11.2.1): the homeserver tells it to everybody in it. */
    async nick(event) {
      if (event.place.kind !== 'room') return TAKEN;
      const id = await aim(event);
      const path = ['v3', 'rooms', id, 'state', 'm.room.member', user];
      const avatar = rooms.get(id)?.room.members.get(user)?.avatar;
      const looks = { displayname: event.wanted, ...(avatar !== undefined && { avatar_url: avatar }) };
      await server.call({ method: 'PUT', path, body: { membership: 'join', ...looks } });
      return TAKEN;
    },

    async topic(event) {
      await setState(await aim(event), 'm.room.topic', { topic: event.text });
      return TAKEN;
    },

    async room(event) {
      if (event.change !== 'config' && event.change !== 'avatar') throw new Failure('not-supported');
      const id = await aim(event);
      if (event.change === 'avatar') {
        const levels = rooms.get(id)?.room.levels;
        // Nothing is uploaded to be refused.
        if (levels && !maySet(levels, user, 'm.room.avatar')) throw new Failure('not-permitted');
        const url = event.avatar && (await sendPicture({ host, server }, event.avatar));
        await setState(id, 'm.room.avatar', url === undefined ? {} : { url });
        return TAKEN;
      }
      const known = await rooms.complete(id);
      const room = await roomNow({ server }, known.room, SETTING_TYPES);
      for (const { type, content } of settingsChanges(room, user, event.answer ?? {}))
        await setState(id, type, content);
      return TAKEN;
    },

    /** The place is the person, or where others answer an invitation. */
    async invite(event) {
      const id = await idOf(addresses.parse(event.room).name);
      if (event.declined) await leave(id, event.reason);
      else await post(id, 'invite', { user_id: nameOf(event), ...because(event.reason) });
      return TAKEN;
    },
  };

  const queue = openSenders({
    ...{ host, senders, underway, most: MOST_WAITING, stop },
    laneOf: (event) => placeKey(event.place),
  });
  return {
    deliver: queue.deliver,
    idle: queue.idle,
    /** The room in which an event may be of which that is not known; nothing where there is none. */
    whereabouts(event: Event): Promise<string | undefined> {
      directs.doubt(event.id);
      return aim(event).catch(ifNowhere);
    },
  };
}

const because = (reason: string | undefined): Json => (reason === undefined || reason === '' ? {} : { reason });
