import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { downloadAvatar } from '#bridges/matrix/media/media.ts';
import type { Corrections } from '#bridges/matrix/messages/corrections.ts';
import type { Origins } from '#bridges/matrix/messages/origins.ts';
import { keysOf, type ReactionChange, type Reactions } from '#bridges/matrix/messages/reactions.ts';
import type { Threads } from '#bridges/matrix/messages/threads.ts';
import type { Underway } from '#bridges/matrix/messages/underway.ts';
import type { Invitations } from '#bridges/matrix/rooms/invitations.ts';
import { isMadeHere } from '#bridges/matrix/rooms/made.ts';
import { leaveRoom } from '#bridges/matrix/rooms/membership.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { isPuppeted } from '#bridges/matrix/wire/bridge-info.ts';
import { decode, isSaid } from '#bridges/matrix/wire/decode.ts';
import { type Json, listOf, type RoomEvent, readEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf, nameOf } from '#bridges/matrix/wire/ids.ts';
import { relationOf } from '#bridges/matrix/wire/replies.ts';
import { stateNews } from '#bridges/matrix/wire/state-news.ts';
import { asThird } from '#bridges/matrix/wire/third-person.ts';
import { cleanName } from '#mappings/names.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Avatar } from '#src/model/avatar.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type ForeignId, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { GatewayBot } from './bot.ts';
import type { Consents } from './consent.ts';
import type { DirectRooms } from './direct-rooms.ts';
import type { Direct, Directs } from './directs.ts';
import { openEphemeral } from './ephemeral.ts';
import type { GatewayRoom, GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';
import type { Policies } from './policies.ts';
import { openVenues, type Venue, type VenueParts } from './venues.ts';

export type IncomingParts = {
  readonly host: Host;
  readonly config: VenueParts['config'];
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
  readonly directs: Directs;
  readonly directRooms: Pick<DirectRooms, 'told'>;
  readonly reactions: Reactions;
  readonly threads: Threads;
  readonly corrections: Corrections;
  readonly origins: Origins;
  readonly underway: Pick<Underway, 'seen'>;
  readonly bot: Pick<GatewayBot, 'invited' | 'removed' | 'heard'>;
  readonly invitations: Invitations;
  readonly policies: Policies;
  readonly consents: Pick<Consents, 'welcome'>;
  /** Whose presence is watched by which accounts. */
  readonly watchers: ReadonlyMap<string, ReadonlySet<AccountKey>>;
};

/** Events whose senders are remembered. */
const AUTHORS = 20_000;

/** What the homeserver tells the application service. What is done for one room is done one after the other. */
export function openIncoming(parts: IncomingParts) {
  const { host, server, ghosts, rooms, directs, reactions, threads, corrections } = parts;
  const { watchers, bot, invitations, policies, consents } = parts;
  const authors = openRecent<string>(AUTHORS);
  const names = openRecent<string>(AUTHORS);

  /** What somebody is called outside of rooms, as far as that was heard. */
  const nameIn = (user: string): string => names.get(user) ?? nameOf(user);
  const venues = openVenues({ ...parts, nameIn });
  const { venueOf, partyOf, isHeard, isThird } = venues;

  const wordsOf = ({ sender }: RoomEvent, venue: Venue, bodies: readonly EventBody[]): readonly EventBody[] =>
    isThird(sender, venue) ? asThird(bodies, venue.view.nickOf(sender) ?? sender) : bodies;

  const draftsOf = (event: RoomEvent, venue: Venue, bodies: readonly EventBody[]): Draft[] =>
    wordsOf(event, venue, bodies).map((body, index) => ({
      ...(index === 0 && isReferable(body) && { ids: [event.id as ForeignId] }),
      ...(event.at > 0 && { at: event.at }),
      place: venue.place,
      from: partyOf(event.sender, venue),
      ...body,
    }));

  /** What is said in a room, which those who are on their way into it find there. */
  function tellSaid(drafts: readonly Draft[], { gateway }: Venue, writes: readonly StateWrite[] = []): Promise<void> {
    const found = gateway ? arriving(gateway).flatMap((account) => drafts.map((draft) => asPast(draft, account))) : [];
    const isNews = !gateway || found.length === 0 || arriving(gateway).length < gateway.inside.size;
    return tell(isNews ? [...drafts, ...found] : found, writes);
  }

  /** What one of ours has said, for those who are on their way in. */
  const ownWords = (value: unknown, gateway: GatewayRoom): readonly Draft[] =>
    arriving(gateway).flatMap((account) => past([value], gateway.room.id, account));

  async function tell(drafts: readonly Draft[], writes: readonly StateWrite[] = []): Promise<void> {
    if (drafts.length > 0 || writes.length > 0) await host.emit(drafts, writes);
  }

  /** Takes one event. Rejects with a `Failure` where it is to be told again; all else that is thrown is the event's fault. */
  async function take(value: unknown): Promise<void> {
    const event = readEvent(value);
    if (!event) return;
    if (policies.take(event)) return rooms.obey();
    if (event.type === 'm.room.member') noteName(event);
    // Whoever is told of what is in there has come in already, and is about to know it.
    if (!isOutside(event)) await invitations.settled(event.room);
    await rooms.recall(event.room);
    await parts.directRooms.told(event);
    const venue = venueOf(event.room);
    if (event.stateKey !== undefined) return takeState(event, venue);
    if (ghosts.isOurs(event.sender)) await parts.underway.seen(event);
    authors.set(event.id, event.sender);
    parts.origins.learn(event.id, event.room);
    if (venue?.gateway && ghosts.isOurs(event.sender)) return tell(ownWords(value, venue.gateway));
    return takeTimeline(event, venue);
  }

  async function takeTimeline(event: RoomEvent, venue: Venue | undefined): Promise<void> {
    if (!isHeard(event.sender) || isPuppeted(event.content) || isOtherBot(event, venue)) return;
    if (!venue?.direct) await bot.heard(event);
    if (!venue) return;
    if (venue.direct) {
      directs.active(venue.direct);
      await learnName(event.sender);
    }
    await takeSaid(event, venue);
  }

  /** The profile of somebody; nothing where it cannot be had. */
  async function profileOf(user: string): Promise<Json | undefined> {
    try {
      return await server.call({ method: 'GET', path: ['v3', 'profile', user] });
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  const nameBy = (user: string, profile: Json | undefined): void =>
    void names.set(user, cleanName(textOf(profile?.displayname) ?? '', 128) || nameOf(user));

  /** What somebody is called who was in no room that is known. */
  async function learnName(user: string): Promise<void> {
    if (names.get(user) === undefined) nameBy(user, await profileOf(user));
  }

  async function tellName(place: Place, user: string): Promise<void> {
    const profile = await profileOf(user);
    if (names.get(user) === undefined) nameBy(user, profile);
    const avatar = profile && (await pictureOf(textOf(profile.avatar_url)));
    const looks = { name: nameIn(user), ...(avatar && { avatar }) };
    await tell([{ place, from: { kind: 'network', id: user }, kind: 'profile', ...looks }]);
  }

  function noteName({ stateKey = '', content }: RoomEvent): void {
    const name = textOf(content.displayname);
    if (name !== undefined && content.membership === 'join') names.set(stateKey, name.slice(0, 200));
  }

  async function takeState(event: RoomEvent, venue: Venue | undefined): Promise<void> {
    const { stateKey = '', type, content } = event;
    const account = type === 'm.room.member' ? ghosts.accountOf(stateKey) : undefined;
    const inviting = type === 'm.room.member' && content.membership === 'invite';
    if (type === 'm.room.member' && stateKey === ghosts.bot) return botState(event);
    if (inviting && account !== undefined) return invited(event, account);
    if (venue?.direct) return directState(event, venue);
    // What the homeserver has not answered in time it has done all the same.
    if (account !== undefined && content.membership === 'join' && (await invitations.came(account, event.room))) return;
    if (account !== undefined && isForced(event, account)) return forced(account, event);
    if (venue?.gateway) await gatewayState(event, venue, venue.gateway, account);
    else rooms.changed(event);
  }

  /** The gateway's own user is wanted in a room, or is not any more. */
  async function botState(event: RoomEvent): Promise<void> {
    const { membership } = event.content;
    const isWanted = isHeard(event.sender) && !policies.room(event.room);
    if (membership === 'invite')
      return invitations.beside(event, () =>
        isWanted ? bot.invited(event) : leaveRoom(server, ghosts.bot, event.room),
      );
    if (membership !== 'join' && event.sender !== ghosts.bot) await bot.removed(event);
  }

  async function gatewayState(event: RoomEvent, venue: Venue, gateway: GatewayRoom, account: AccountKey | undefined) {
    const { membership } = event.content;
    const out = account !== undefined && (membership === 'leave' || membership === 'ban');
    // It may have come back since, before this was told.
    if (out && gateway.inside.has(account) && (await rooms.isThere(account, event.room))) return;
    const bodies = stateNews(gateway.room, event, ghosts.accountOf).filter((body) => isNews(body, gateway));
    const told = () => roomState(event, venue, bodies);
    await (out ? rooms.removed(account, event.room, told) : told());
  }

  async function roomState(event: RoomEvent, venue: Venue, bodies: readonly EventBody[]): Promise<void> {
    await tell(draftsOf(event, venue, bodies));
    if (event.type === 'm.room.avatar' && event.stateKey === '') await tellPicture(event, venue);
    if (event.type === 'm.room.power_levels') await rooms.label(event.room);
    if (event.type === 'm.room.tombstone' && event.stateKey === '') await rooms.moved(event);
  }

  async function tellPicture(event: RoomEvent, venue: Venue): Promise<void> {
    const url = textOf(event.content.url);
    const avatar = url === undefined ? undefined : await downloadAvatar(server, url);
    await tell(draftsOf(event, venue, [{ kind: 'room', change: 'avatar', ...(avatar && { avatar }) }]));
  }

  /** Homeservers may put users into rooms: nobody here has asked for it. */
  const isForced = ({ content, room }: RoomEvent, account: AccountKey): boolean =>
    content.membership === 'join' &&
    !rooms.get(room)?.inside.has(account) &&
    !rooms.isPassing(account, room) &&
    !directs.isMaking(account);

  /** Its user is told of it by an invitation, and finds it joined. */
  async function forced(account: AccountKey, { room, stateKey = '' }: RoomEvent): Promise<void> {
    // It may have come and gone since, because it could not stay.
    if (!(await rooms.isThere(account, room)) || (await isMadeHere(server, room, stateKey))) return;
    if (!(await forcedIn(account, room, nameIn(stateKey)))) return;
    const reason = wordsIn(texts.forced, host.language(account));
    const from = { kind: 'network', id: '' } as const;
    const invite = { kind: 'invite', room: localOf(room), reason } as const;
    await tell([{ place: { kind: 'realm', account, realm: '' }, from, ...invite }, ...rooms.shown(room)]);
  }

  /** Whether it may be there. What it may not be in it has left. */
  async function forcedIn(account: AccountKey, id: string, nick: string): Promise<boolean> {
    try {
      await rooms.enter({ account, id, nick, isForced: true });
      return true;
    } catch (error) {
      if (!(error instanceof Failure) || error.row.retry) throw error;
      await rooms.leave(account, id);
      return false;
    }
  }

  /** Ghosts that nobody is any more are nobody in the room; those of the present have been told of when they came. */
  function isNews(body: EventBody, { inside }: GatewayRoom): boolean {
    if (body.kind !== 'occupant') return true;
    const { account, id } = body.who;
    if (ghosts.isHidden(id)) return false;
    return account === undefined || (body.change !== 'join' && inside.has(account));
  }

  async function directState(event: RoomEvent, venue: Venue): Promise<void> {
    const { type, stateKey = '', content, room } = event;
    const direct = venue.direct as Direct;
    if (type === 'm.room.encryption' && !direct.encrypted) await directs.put({ ...direct, encrypted: true });
    if (type === 'm.room.member' && stateKey === direct.user && content.membership === 'join')
      await tellLooks(event, venue.place);
    if (type !== 'm.room.member' || (content.membership !== 'leave' && content.membership !== 'ban')) return;
    // Nobody is left to talk to: the next message begins anew.
    if (stateKey !== direct.user && ghosts.accountOf(stateKey) !== direct.account) return;
    await directs.remove(room);
    if (stateKey === direct.user) await leaveRoom(server, ghosts.idOf(direct.account), room);
  }

  /** What has changed of how somebody looks with whom an account talks alone. */
  async function tellLooks({ content, before = {}, sender }: RoomEvent, place: Place): Promise<void> {
    const name = textOf(content.displayname);
    const isRenamed = name !== undefined && name !== before.displayname;
    const isRepainted = content.avatar_url !== before.avatar_url;
    if (!isRenamed && !isRepainted) return;
    const from = { kind: 'network', id: sender } as const;
    const picture = isRepainted ? await pictureOf(textOf(content.avatar_url)) : undefined;
    const looks = {
      ...(isRenamed && { name: cleanName(name, 128) }),
      ...(picture !== undefined && { avatar: picture }),
    };
    if (Object.keys(looks).length > 0) await tell([{ place, from, kind: 'profile', ...looks }]);
  }

  /** A picture as XMPP can have it: `null` for none, and nothing for one that cannot be had. */
  const pictureOf = async (mxc: string | undefined): Promise<Avatar | null | undefined> =>
    mxc === undefined || mxc === '' ? null : downloadAvatar(server, mxc);

  /** Somebody invites an account: to talk alone, or into a room. */
  async function invited(event: RoomEvent, account: AccountKey): Promise<void> {
    const { room, sender, content } = event;
    if (ghosts.isOurs(sender)) return;
    const contact = localOf(sender);
    const admission = await host.admits({ account, contact });
    const isShutOut = !isHeard(sender) || policies.room(room);
    // Nobody is made only to decline.
    if (isShutOut || (admission !== 'yes' && admission !== 'first'))
      return invitations.beside(event, () => leaveRoom(server, ghosts.idOf(account), room));
    const place: Place = { kind: 'contact', account, id: contact };
    const reason = textOf(content.reason);
    if (content.is_direct === true) return invitations.accept(event, account);
    await consents.welcome(account, room);
    const invite = { kind: 'invite', room: localOf(room), ...(reason !== undefined && { reason }) } as const;
    await tell([{ place, from: { kind: 'network', id: sender, name: nameIn(sender) }, ...invite }]);
  }

  async function takeSaid(event: RoomEvent, venue: Venue): Promise<void> {
    if (event.type === 'm.room.encrypted') return takeEncrypted(event, venue);
    const { reaction, thread, replaces } = relationOf(event.content);
    if (replaces !== undefined) corrections.learn(event.id, replaces);
    if (thread !== undefined) await threads.learn(event.room, thread);
    if (event.type === 'm.reaction') {
      if (!reaction) return;
      const at = { room: event.room, target: reaction.target, user: event.sender };
      return tellReactions(event, venue, await reactions.added(at, { event: event.id, key: reaction.key }));
    }
    if (event.type !== 'm.room.redaction') return tellSaid(draftsOf(event, venue, decode(event, venue.view)), venue);
    const change = event.redacts === undefined ? undefined : await reactions.removed(event.redacts);
    if (change) return tellReactions(event, venue, change);
    const author = event.redacts === undefined ? undefined : await authorOf(event.room, event.redacts, venue);
    await tellSaid(draftsOf(event, venue, decode(event, venue.view, author)), venue);
  }

  async function tellReactions(event: RoomEvent, venue: Venue, change: ReactionChange | undefined): Promise<void> {
    if (!change) return;
    const { at, set, writes } = change;
    // A moderator may have taken it away: it is its author's all the same.
    const by = { ...event, sender: at.user };
    const body = { kind: 'reaction', target: at.target as ForeignId, emoji: keysOf(set) } as const;
    await tellSaid(ghosts.isOurs(at.user) ? [] : draftsOf(by, venue, [body]), venue, writes);
  }

  /** Who has written an event; a redacted one still says so. */
  async function authorOf(room: string, id: string, { direct, gateway }: Venue): Promise<string | undefined> {
    const known = authors.get(id);
    if (known !== undefined) return known;
    const [inside] = gateway?.inside ?? [];
    const account = direct?.account ?? inside;
    if (!account) return undefined;
    try {
      const as = ghosts.idOf(account);
      return textOf((await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'event', id], as })).sender);
    } catch (error) {
      if (error instanceof Failure && error.code !== 'remote-server-timeout') return undefined;
      throw error;
    }
  }

  /** Said once in a room, and to a person. */
  async function takeEncrypted(event: RoomEvent, venue: Venue): Promise<void> {
    const { gateway, direct } = venue;
    if (gateway?.warned || direct?.warned) return;
    if (gateway) gateway.warned = true;
    if (direct) await directs.put({ ...direct, encrypted: true, warned: true });
    const [account] = direct ? [direct.account] : (gateway?.inside ?? []);
    const text = wordsIn(texts.undecryptable, account ? host.language(account) : 'en');
    await tellSaid(draftsOf(event, venue, [{ kind: 'message', text, style: 'notice' }]), venue);
  }

  /** What another bridge says for people of XMPP by its own user. */
  const isOtherBot = ({ sender }: RoomEvent, venue: Venue | undefined): boolean =>
    [...(venue?.gateway?.room.otherBridges?.values() ?? [])].some(({ bot: other }) => other === sender);

  /** Events of the past that an account may read, the oldest first, as the archive takes them. */
  function past(values: unknown, room: string, account: AccountKey): readonly Draft[] {
    const venue = venueOf(room);
    if (!venue) return [];
    const shown = { live: false, ...(venue.gateway && { seenBy: account }) };
    return listOf(values).flatMap((one) => {
      const event = readEvent(one, room);
      if (!event || event.stateKey !== undefined || !isSaid(event)) return [];
      const ghost = venue.gateway && ghosts.accountOf(event.sender);
      if (ghost === undefined && !isHeard(event.sender)) return [];
      authors.set(event.id, event.sender);
      const drafts = draftsOf(event, venue, decode(event, venue.view)).map((draft) => ({ ...draft, ...shown }));
      if (ghost === undefined) return drafts;
      const from = { kind: 'xmpp', bare: splitAccount(ghost).user } as const;
      return drafts.map((draft) => ({ ...draft, from }));
    });
  }

  return { take, ephemeral: openEphemeral({ host, venues, watchers, tell }), past, tellName };
}

const arriving = (room: GatewayRoom): readonly AccountKey[] =>
  [...room.arriving].filter((account) => room.inside.has(account));

const asPast = (draft: Draft, account: AccountKey): Draft => ({ ...draft, live: false, seenBy: account });

/** Whether somebody may speak of it later. */
const isReferable = ({ kind }: EventBody): boolean =>
  kind === 'message' ||
  kind === 'edit' ||
  kind === 'retract' ||
  kind === 'reaction' ||
  kind === 'invite' ||
  kind === 'call';

/** Whether those hear of an event who are not in its room: of what they are there, or are not. */
const isOutside = ({ type, content }: RoomEvent): boolean => type === 'm.room.member' && content.membership !== 'join';
