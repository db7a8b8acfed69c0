import type { DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { downloadAvatar } from '#bridges/matrix/media/media.ts';
import type { Corrections } from '#bridges/matrix/messages/corrections.ts';
import { isWritten } from '#bridges/matrix/messages/marks.ts';
import type { Origins } from '#bridges/matrix/messages/origins.ts';
import { keysOf, type ReactionChange, type Reactions } from '#bridges/matrix/messages/reactions.ts';
import type { Threads } from '#bridges/matrix/messages/threads.ts';
import type { Underway } from '#bridges/matrix/messages/underway.ts';
import { membershipOf } from '#bridges/matrix/rooms/membership.ts';
import { decode, isSaid } from '#bridges/matrix/wire/decode.ts';
import { type Json, objectOf, type RoomEvent, readEvent, textOf } from '#bridges/matrix/wire/event.ts';
import type { ReadingView } from '#bridges/matrix/wire/message-in.ts';
import { relationOf } from '#bridges/matrix/wire/replies.ts';
import { titleOf } from '#bridges/matrix/wire/room.ts';
import { stateNews } from '#bridges/matrix/wire/state-news.ts';
import { asThird } from '#bridges/matrix/wire/third-person.ts';
import type { StateWrite } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import { madeWith } from './directs.ts';
import { openEncrypted, type Tense } from './encrypted.ts';
import { aroundJoin, comes, leavingOf, membershipIn, newestState } from './entered.ts';
import { openGaps } from './gaps.ts';
import { type OwnInvitationParts, openOwnInvitations } from './invited.ts';
import type { Looks } from './looks.ts';
import { looksIn, type OwnRoom } from './rooms.ts';
import { openSigns } from './signs.ts';
import { nothingOf, type OwnRoomNews, type SyncNews } from './sync.ts';
import { asksToVerify } from './verification-asked.ts';

export type OwnIncomingParts = OwnInvitationParts & {
  readonly reactions: Reactions;
  readonly threads: Threads;
  readonly corrections: Corrections;
  readonly origins: Origins;
  readonly underway: Pick<Underway, 'seen'>;
  readonly keys: DeviceKeys | undefined;
  readonly looks: Looks;
  readonly link: ReadingView['link'];
};

const AUTHORS = 5_000;
const LISTED = 'listed ';

/** What the homeserver tells of one account. One sync is taken after the other. */
export function openOwnIncoming(parts: OwnIncomingParts) {
  const { host, account, user, server, rooms, reactions, threads, keys, looks } = parts;
  const authors = openRecent<string>(AUTHORS);
  /** The rooms that stand on the user's list, each with the place of the sync that told of it first. */
  const listed = new Map<string, string>();
  const invitations = openOwnInvitations(parts);
  const gaps = openGaps({ server, within });
  const encrypted = openEncrypted({ host, account, keys, draftsOf, take: takeSaid, within });
  let knowsListed = false;
  /** Nothing was taken in yet: what is told next may go on where an earlier run has stopped. */
  let goesOn = true;

  const viewOf = (id: string): ReadingView => ({
    nickOf: (who) => rooms.nick(id, who),
    link: parts.link,
    threadOf: (root) => threads.nameOf(id, root),
  });

  /** Somebody who is in a room where the user talks with another one alone. */
  const isThird = (id: string, who: string): boolean => ![undefined, who].includes(rooms.partner(id)) && who !== user;

  function partyOf(id: string, who: string): Party {
    const name = isThird(id, who) ? undefined : rooms.nick(id, who);
    return { kind: 'network', id: who, ...(name !== undefined && { name }), ...(who === user && { self: true }) };
  }

  const isComing = (value: unknown): boolean => comes(value, user);
  const isNotOut = (value: unknown): boolean => membershipIn(value, user) !== 'out';
  const signs = openSigns({ host, account, user, rooms, partyOf, isThird });

  function draftsOf(event: RoomEvent, bodies: readonly EventBody[], tense: Tense = 'news'): Draft[] {
    const { room, sender } = event;
    const told = isThird(room, sender) ? asThird(bodies, rooms.nick(room, sender) ?? sender) : bodies;
    return told.map((body, index) => ({
      ...(index === 0 && isReferable(body) && { ids: [event.id as ForeignId] }),
      ...(event.at > 0 && { at: event.at }),
      ...(tense === 'past' && { live: false }),
      place: rooms.place(event.room),
      from: partyOf(event.room, event.sender),
      ...body,
    }));
  }

  async function tell(drafts: readonly Draft[], writes: readonly StateWrite[] = []): Promise<void> {
    if (drafts.length > 0 || writes.length > 0) await host.emit(drafts, writes);
  }

  async function take(news: SyncNews): Promise<void> {
    await learnListed();
    await keys?.take(news.keys);
    if (keys) await tell(news.keys.events.flatMap((one) => asksToVerify(one, parts)));
    await learnDirect(news);
    // Whom the user talks with alone is known from here on.
    await invitations.begin();
    for (const room of news.joined) await within(() => inRoom(room, news.since));
    for (const { id, state } of news.invited) await within(() => invitations.take(id, state));
    for (const room of [...news.left, ...unnamed(news)]) await within(() => left(room));
    await tell(news.presence.flatMap(signs.presence), [{ account, key: 'sync', value: news.next, seal: true }]);
    if (news.keys.events.length > 0) await encrypted.retry();
  }

  /** A sync without a beginning tells of all rooms that the user is in, and of none that they have left since. */
  function unnamed({ since, joined }: SyncNews): OwnRoomNews[] {
    const there = new Set(joined.map(({ id }) => id));
    return since === undefined ? [...listed.keys()].filter((id) => !there.has(id)).map(nothingOf) : [];
  }

  /** The rooms that stand on the list of the user, and what an earlier run could not read. Asked for again where the store was away. */
  async function learnListed(): Promise<void> {
    if (knowsListed) return;
    for (const { key, value } of await host.state.list({ account, prefix: LISTED }))
      listed.set(key.slice(LISTED.length), value);
    await encrypted.begin();
    knowsListed = true;
  }

  /** With whom the user talks alone. The first sync of all tells it, if there is anything to tell. */
  async function learnDirect({ accountData, since }: SyncNews): Promise<void> {
    const told = accountData.findLast(({ type }) => type === 'm.direct');
    if (told) rooms.direct(objectOf(told.content));
    else if (goesOn && since !== undefined) await within(async () => void (await rooms.knowDirect()));
    goesOn = false;
  }

  /** What cannot be taken in holds up nothing else; what may be told again later ends the sync. */
  async function within(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      if (!isFinal(err)) throw err;
      host.log.error({ err }, 'something that the homeserver tells could not be taken in');
    }
  }

  /** Whether a sync tells of a room for the first time: one that a kill has broken off is told again. */
  const isFirstOf = (id: string, since: string | undefined): boolean =>
    listed.get(id) === undefined || (since !== undefined && listed.get(id) === since);

  /** A room that was made here for the user and a person is theirs, also before the homeserver was told so. */
  function expectDirect({ id, state, timeline }: OwnRoomNews): void {
    const who = listed.has(id) ? undefined : madeWith({ user, making: rooms.making }, [...state, ...timeline]);
    if (who !== undefined && rooms.partner(id) === undefined) rooms.expect(id, who);
  }

  async function inRoom(told: OwnRoomNews, since: string | undefined): Promise<void> {
    await invitations.answered(told.id);
    rooms.back(told);
    // Whoever has gone meanwhile is back by now: who sits there on XMPP stays.
    const news = { ...told, timeline: told.timeline.filter(isNotOut) };
    const own = rooms.open(news.id);
    own.marked = news.marked ?? own.marked;
    await (own.entered ? takeEntered(own, own.entered, news, since) : takeRoom(own, news, since));
    await tell(signs.ofRoom(news, own));
  }

  async function takeRoom(own: OwnRoom, news: OwnRoomNews, since: string | undefined): Promise<void> {
    const isNew = isFirstOf(news.id, since);
    await takeBefore(own, news);
    expectDirect(news);
    const past = since === undefined || (isNew && rooms.partner(news.id) === undefined);
    // What lies before may be shown to nobody: what has come is told all the same.
    if (news.limited && !past) await within(() => fillIn(own, news, since));
    // What was said before the account was linked, or had come in, is the past.
    if (isNew) {
      for (const one of news.timeline) learn(own, one);
      await list(own, news, since);
    }
    await takeAll(news.timeline, own, past ? 'past' : 'news');
  }

  /**
   * A room that was entered from here before a sync has told of it. What is other than the answer to that had it, and what
   * was said since, is news.
   */
  async function takeEntered(own: OwnRoom, known: ReadonlySet<string>, news: OwnRoomNews, since: string | undefined) {
    const { id } = own.room;
    expectDirect(news);
    const isAll = !news.limited || since === undefined || news.timeline.some(isComing);
    const missing = isAll ? { events: [], isWhole: true } : await gaps.read(id, news.before, since, isComing);
    const timeline = [...missing.events, ...news.timeline];
    const state = newestState([...news.state, ...timeline], id).filter((event) => !known.has(event.id));
    for (const event of state) await within(() => takeState(event, own, 'news'));
    await list(own, news, since);
    const { before, after } = aroundJoin(timeline, user);
    await takeAll(before, own, since === undefined || rooms.partner(id) === undefined ? 'past' : 'news');
    await takeAll(after, own, since === undefined ? 'past' : 'news');
    if (!missing.isWhole) await skip(own);
    own.entered = undefined;
  }

  /** What has changed in a gap is told; what a room is like that was not known before is learnt. */
  async function takeBefore(own: OwnRoom, { id, state }: OwnRoomNews): Promise<void> {
    const isKnown = own.inside;
    own.inside = true;
    for (const one of state) {
      const event = isKnown ? readEvent(one, id) : undefined;
      if (event?.stateKey !== undefined) await takeState(event, own, 'news');
      else learn(own, one);
    }
  }

  function learn(own: OwnRoom, value: unknown): void {
    const event = readEvent(value, own.room.id);
    if (event?.stateKey !== undefined) rooms.apply(own, event);
  }

  /** A room, or a person whom the user talks with alone, stands on their list from now on. */
  async function list(own: OwnRoom, { id, unread = 0 }: OwnRoomNews, since = ''): Promise<void> {
    if (listed.has(id)) return;
    const partner = rooms.partner(id);
    const place = rooms.place(id);
    const title = titleOf(own.room, (who) => who === user);
    const from = { kind: 'network', id: partner ?? user } as const;
    const body: EventBody = partner
      ? { kind: 'contact', action: 'subscribed', name: rooms.nick(id, partner) ?? title, groups: ['Matrix'] }
      : { kind: 'room', change: 'listed', text: title, unread };
    listed.set(id, since);
    const told = tell([{ place, from, ...body }], [{ account, key: LISTED + id, value: since, seal: true }]);
    if (!partner) return told;
    // Clients take their time to say whether they take contacts. What is not done now is done with the next first sync.
    told.catch((err: unknown) => {
      listed.delete(id);
      host.log.debug({ err }, 'a contact was not listed');
    });
  }

  /** Takes in what a sync has left out. What is further back stays there for who asks. */
  async function fillIn(own: OwnRoom, { before }: OwnRoomNews, since: string | undefined): Promise<void> {
    const { id } = own.room;
    const { events, isWhole } = await gaps.read(id, before, since);
    // What state was changed there stands in the sync itself (§11.1.3), but for those who say nothing.
    const isNews = ({ state_key, type }: Json): boolean => state_key === undefined || type === 'm.room.member';
    await takeAll(events.filter(isNews).filter(isNotOut), own, 'news');
    if (!isWhole) await skip(own);
  }

  /** Something was left out of a room for good: who came and went there is known by who is there now. */
  async function skip(own: OwnRoom): Promise<void> {
    const { id } = own.room;
    host.gap(rooms.place(id));
    if (!own.whole) return;
    await within(() => rooms.renew(own));
    if (rooms.partner(id) !== undefined) return;
    await tell([{ place: rooms.place(id), from: partyOf(id, user), kind: 'occupants', list: rooms.occupants(own) }]);
  }

  /** An event that breaks its reader holds up none of the others. */
  async function takeAll(values: readonly unknown[], own: OwnRoom, tense: Tense): Promise<void> {
    for (const one of values) await within(() => takeEvent(one, own, tense));
  }

  async function takeEvent(value: unknown, own: OwnRoom, tense: Tense): Promise<void> {
    const raw = objectOf(value);
    const event = readEvent(raw, own.room.id);
    if (!event) return;
    if (event.stateKey !== undefined) return takeState(event, own, tense);
    authors.set(event.id, event.sender);
    parts.origins.learn(event.id, event.room);
    rooms.active(event.room, event.at);
    if (isFromHere(event)) return parts.underway.seen(event);
    const said = event.type === 'm.room.encrypted' ? await encrypted.opened(event, raw, tense) : event;
    if (said) await takeSaid(said, tense);
  }

  /** What was said from here was told already. */
  const isFromHere = ({ sender, transaction, content }: RoomEvent): boolean =>
    sender === user && (transaction !== undefined || isWritten(content));

  async function takeState(event: RoomEvent, own: OwnRoom, tense: Tense): Promise<void> {
    const partner = rooms.partner(event.room);
    const before = partner === undefined ? undefined : looksIn(own, partner);
    rooms.note(event);
    const bodies = stateNews(own.room, event, rooms.ours);
    // The past has its members and names in the state already.
    if (tense === 'past') return;
    if (partner === undefined) return tell(draftsOf(event, [...bodies, ...(await picture(event))]));
    const { name, avatar } = looksIn(own, partner);
    if (event.type !== 'm.room.member' || event.stateKey !== partner || event.content.membership !== 'join') return;
    if (name !== before?.name || avatar !== before?.avatar)
      await looks.tell(rooms.place(event.room), partner, name ?? '', avatar ?? '');
  }

  /** A room has another picture, or none any more. */
  async function picture({ type, stateKey, content }: RoomEvent): Promise<EventBody[]> {
    if (type !== 'm.room.avatar' || stateKey !== '') return [];
    const url = textOf(content.url);
    const avatar = url === undefined ? undefined : await downloadAvatar(server, url);
    return [{ kind: 'room', change: 'avatar', ...(avatar && { avatar }) }];
  }

  async function takeSaid(event: RoomEvent, tense: Tense): Promise<void> {
    if (isFromHere(event)) return;
    const { thread, reaction, replaces } = relationOf(event.content);
    if (replaces !== undefined) parts.corrections.learn(event.id, replaces);
    if (thread !== undefined) await threads.learn(event.room, thread);
    // A person was there before the account was linked: what was said then is not said now.
    if (tense === 'past' && rooms.partner(event.room) !== undefined) return;
    if (event.type === 'm.reaction') {
      const at = reaction && { room: event.room, target: reaction.target, user: event.sender };
      if (at) await tellReactions(event, tense, await reactions.added(at, { event: event.id, key: reaction.key }));
      return;
    }
    if (event.type === 'm.room.redaction') return takeRedaction(event, tense);
    await tell(draftsOf(event, decode(event, viewOf(event.room)), tense));
  }

  async function takeRedaction(event: RoomEvent, tense: Tense): Promise<void> {
    const { redacts } = event;
    if (redacts === undefined) return;
    const change = await reactions.removed(redacts);
    if (change) return tellReactions(event, tense, change);
    await encrypted.forget(event.room, redacts);
    const bodies = decode(event, viewOf(event.room), await authorOf(event.room, redacts));
    await tell(draftsOf(event, bodies, tense));
  }

  async function tellReactions(event: RoomEvent, tense: Tense, change: ReactionChange | undefined): Promise<void> {
    if (!change) return;
    const { at, set, writes } = change;
    // A moderator may have taken it away: it is its author's all the same.
    const by = { ...event, sender: at.user };
    const body = { kind: 'reaction', target: at.target as ForeignId, emoji: keysOf(set) } as const;
    await tell(draftsOf(by, [body], tense), writes);
  }

  /** Who has written an event; a redacted one still says so. */
  async function authorOf(room: string, id: string): Promise<string | undefined> {
    const known = authors.get(id);
    if (known !== undefined) return known;
    try {
      return textOf((await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'event', id] })).sender);
    } catch (error) {
      if (error instanceof Failure && error.code !== 'remote-server-timeout') return undefined;
      throw error;
    }
  }

  /** The user is in a room no more: by themselves elsewhere, or put out. */
  async function left(news: OwnRoomNews): Promise<void> {
    const { id } = news;
    await invitations.answered(id);
    // It may have been told late: they are back since.
    if (rooms.hasCome(id) && (await membershipOf(server, { user, room: id })) === 'join') return;
    rooms.note(leavingOf(news, user));
    if (listed.has(id) || rooms.isKnown(id)) await takeLeft(news);
    listed.delete(id);
    rooms.forget(id);
  }

  async function takeLeft({ id, timeline }: OwnRoomNews): Promise<void> {
    const own = rooms.open(id);
    const { before, after } = own.entered ? aroundJoin(timeline, user) : { before: [], after: timeline };
    await takeAll(before, own, 'past');
    // Who is told, and comes back, joins it again, also before the last of this is told.
    own.inside = false;
    await takeAll(after, own, 'news');
    const place = rooms.place(id);
    const gone = { account, key: LISTED + id, value: null };
    const from = { kind: 'network', id: user } as const;
    const isTold = place.kind === 'room' && !rooms.isIn(id);
    await tell(isTold ? [{ place, from, kind: 'room', change: 'left' }] : [], [gone]);
  }

  /** Events of the past, the oldest first, as the archive takes them. */
  async function past(values: readonly unknown[], id: string): Promise<readonly Draft[]> {
    const drafts: Draft[] = [];
    for (const one of values) {
      const raw = objectOf(one);
      const event = readEvent(raw, id);
      if (!event || event.stateKey !== undefined) continue;
      authors.set(event.id, event.sender);
      const plain = event.type === 'm.room.encrypted' ? await keys?.decrypt(id, { ...raw, room_id: id }) : { ...event };
      if (typeof plain !== 'object') continue;
      const said = { ...event, type: textOf(plain.type) ?? '', content: objectOf(plain.content) };
      if (isSaid(said)) drafts.push(...draftsOf(said, decode(said, viewOf(id)), 'past'));
    }
    return drafts;
  }

  return { take, retry: encrypted.retry, past, between: invitations.between };
}

/** What would be the same another time: a refusal of the homeserver, or an event that nobody has thought of. */
const isFinal = (err: unknown): boolean =>
  err instanceof Failure
    ? !err.row.retry && !['not-registered', 'internal', 'stopping'].includes(err.code)
    : [TypeError, RangeError, SyntaxError, URIError].some((kind) => err instanceof kind);

const isReferable = ({ kind }: EventBody): boolean => ['message', 'edit', 'retract', 'reaction', 'call'].includes(kind);

export type OwnIncoming = ReturnType<typeof openOwnIncoming>;
