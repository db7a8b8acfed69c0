import type { SessionKey } from '#src/bridge.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Marks, RoomInfo, XmppSide } from '#src/core/index.ts';
import type { Display } from '#src/core/journal/display.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { membershipIn } from '#src/core/standing.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Log } from '#src/lib/log.ts';
import { after } from '#src/lib/time/after.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import { type AccountKey, newEventId, splitAccount } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { Occupant, Party } from '#src/model/party.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Archive, Entry } from './archive.ts';
import { type Archivable, isArchivable, sayer } from './archived.ts';
import { called, isIdle, listed, missed, quit, showsMember } from './kept-members.ts';
import { openLingers } from './lingers.ts';
import { tellMember } from './member-told.ts';
import type { LastRoom, Occupancy } from './occupancy.ts';
import { openOwnChoices } from './own-choices.ts';
import { present } from './presence.ts';
import { farewell, restored } from './restored-room.ts';
import { aboutRoom, caughtUp, stillOut, topic } from './room-changes.ts';
import { joining, type OwnShow, parting } from './room-events.ts';
import { takeList } from './room-list.ts';
import { isLast, nickOf, nickToAsk, othersStay, seatsOn, tooManySeats } from './room-seats.ts';
import * as state from './room-state.ts';
import { isUnread, marked, type SaidParts, said, saidThere, showPast, type ToldAgain, toldAgain } from './said.ts';
import { openRecentChanges, type Untold } from './untold.ts';
import { openWaitingSeats, type WaitingParts } from './waiting-seats.ts';

export type RoomParts = Pick<SaidParts, 'partly'> &
  Pick<WaitingParts, 'joinTime'> & {
    readonly xmpp: Pick<XmppSide, 'refuse' | 'bookmark' | 'unbookmark' | 'displayed'>;
    readonly display: Pick<Display, 'owe' | 'show'>;
    readonly digests: Pick<Digests, 'waits'>;
    readonly clock: Clock;
    readonly languages: Pick<Languages, 'of'>;
    /** The realm that a room is in. */
    realm(place: Place): string;
    readonly sessions: Pick<Sessions, 'need' | 'get' | 'state' | 'want' | 'unwant' | 'release'>;
    readonly identities: Pick<Identities, 'of'>;
    /** Hands joins and parts over. */
    readonly delivery: Pick<Delivery, 'tell'>;
    readonly settings: Pick<OpenSettings, 'inRoom'>;
    readonly log: Log;
    /** The lane of each room: while history is read, nothing else happens in it. */
    readonly lanes: Lanes;
    readonly archive: Archive;
    readonly occupancy: Occupancy;
    /** Milliseconds for which an account whose last client was lost stays in its rooms. */
    readonly linger: number;
    /** How many of a room's occupants clients are shown. */
    readonly shown: number;
  };

/** What rooms tell. */
export type RoomNews = {
  /** An account in the room has said how it fares, for its network to know. */
  fares(account: AccountKey, place: Place, shown: OwnShow): void;
  /** An account hears a room from now on; `again`: its clients were there all the time and may have missed something. */
  hears(account: AccountKey, place: Place, again: boolean): void;
};

/** The rooms that accounts of ours are in. */
export type Rooms = ReturnType<typeof openRooms>;

const NETWORK: Party = { kind: 'network', id: '' };

/** Keeps occupancy and carries out what `room-state` decides. */
export function openRooms(parts: RoomParts) {
  const rooms = new Map<string, state.Room>();
  const listeners: RoomNews[] = [];
  const recent = openRecentChanges(parts.clock);
  const choices = openOwnChoices(parts);
  const saying = { ...parts, choices };
  const byAccount = new Map<AccountKey, Set<state.Room>>();
  const lingers = openLingers(parts.clock, parts.linger, (account, place) => {
    lane(place, async () => {
      const room = find(place);
      if (room && !(await choices.stays(account, place))) await run(room, state.part(room, account));
    });
  });
  const waiting = openWaitingSeats(parts, befalls);

  const find = (place: Place): state.Room | undefined => rooms.get(placeKey(place));
  const at = (place: Place): state.Room => find(place) ?? state.newRoom(place, parts.shown);
  const keyOf = (account: AccountKey, place: Place): SessionKey => ({ account, realm: parts.realm(place) });

  function roomsOf({ account, realm }: SessionKey): state.Room[] {
    return [...(byAccount.get(account) ?? [])].filter((room) => parts.realm(room.place) === realm);
  }

  const event = (place: Place, body: EventBody, from: Party): Event => ({
    id: newEventId(),
    at: parts.clock.now(),
    place,
    from,
    live: true,
    ...body,
  });

  const inTheirs = (account: AccountKey, words: Words): string => wordsIn(words, parts.languages.of(account));

  const ownEvent = (room: state.Room, account: AccountKey, body: EventBody): Event =>
    event(room.place, body, { kind: 'xmpp', bare: splitAccount(account).user });

  /** Joins on the network. A nick that no other seat of the account has any part in is asked for before. */
  function join(room: state.Room, key: SessionKey): void {
    const { account } = key;
    const wanted = nickToAsk(room, roomsOf(key), account, parts.sessions.state(key));
    if (wanted !== undefined) parts.delivery.tell(ownEvent(room, account, { kind: 'nick', wanted }), account);
    parts.delivery.tell(ownEvent(room, account, joining(account, room.members.get(account))), account);
  }

  const lane = (place: Place, work: () => void | Promise<void>): void => parts.lanes.run(placeKey(place), work);
  /** The same, and resolves when all is done that follows from it. */
  const inLane = (place: Place, work: () => void | Promise<void>): Promise<void> =>
    new Promise((done) => lane(place, () => after(work(), done)));

  /** Carries out what a step wants. Synchronous unless history has to be read. */
  function run(room: state.Room, effects: readonly state.RoomEffect[]): void | Promise<void> {
    for (const [index, effect] of effects.entries()) {
      if (effect.kind === 'history')
        return showPast(parts, room, effect).then(() => run(room, effects.slice(index + 1)));
      carryOut(room, effect);
    }
    parts.occupancy.changed(room);
    if (room.members.size === 0) rooms.delete(placeKey(room.place));
  }

  function carryOut(room: state.Room, effect: Exclude<state.RoomEffect, { kind: 'history' }>): void {
    switch (effect.kind) {
      case 'entered':
        parts.archive.entered(effect.account, room.place);
        return choices.keep(effect.account, room.place);
      case 'left':
        return parts.archive.left(effect.account, room.place);
      case 'tell': {
        parts.occupancy.told(room.place, effect.body);
        recent.told(room.place, effect.body, effect.to);
        return void parts.display.show(event(room.place, effect.body, NETWORK), effect.to, effect.marks);
      }
      case 'fares':
        for (const news of listeners) news.fares(effect.account, room.place, effect.shown);
        return;
      case 'refuse':
        return void parts.xmpp.refuse(effect.origin, effect.failure);
      case 'join': {
        const key = keyOf(effect.account, room.place);
        // While the session is being made the join waits: `rejoin` sends it with all others.
        parts.sessions.need(key, effect.nick);
        if (parts.sessions.get(key)) join(room, key);
        return;
      }
      case 'part': {
        const { account, reason, forGood } = effect;
        if (forGood) parts.xmpp.unbookmark(room.place, account);
        parts.delivery.tell(ownEvent(room, account, parting(account, reason, forGood)), account);
        forget(room, effect.account);
        return;
      }
      case 'invite':
        return tellMember(parts, room, effect.account, inTheirs(effect.account, effect.why));
    }
  }

  /** A room of which nothing was known, where the network shows that the account is a member of it. */
  function unknown(what: Event): state.Room | undefined {
    const { place } = what;
    if (place.kind !== 'room' || !showsMember(what, place.account)) return undefined;
    const room = state.newRoom(place, parts.shown);
    rooms.set(placeKey(place), room);
    belong(place.account, room);
    const { user } = splitAccount(place.account);
    void run(room, listed(room, place.account, user.slice(0, user.indexOf('@'))));
    return room;
  }

  /** The account is out of the room; its session goes with its last room. */
  function forget(room: state.Room, account: AccountKey): void {
    const mine = byAccount.get(account);
    const key = keyOf(account, room.place);
    if (mine?.delete(room)) parts.sessions.unwant(key, 'room');
    if (mine?.size === 0) byAccount.delete(account);
    if (roomsOf(key).length === 0) parts.sessions.release(key);
  }

  function belong(account: AccountKey, room: state.Room): void {
    const mine = byAccount.get(account) ?? new Set();
    if (!mine.has(room)) parts.sessions.want(keyOf(account, room.place), 'room');
    byAccount.set(account, mine.add(room));
  }

  /** A seat is given up. */
  const depart = (place: Place, leaving: state.Leaving, otherwise: 'parts' | 'lingers'): Promise<void> =>
    inLane(place, () => unseat(find(place), leaving, otherwise));

  /** The gateway stops: who stays over that is looked up for each. */
  async function partFrom(room: state.Room): Promise<void> {
    for (const account of [...room.members.keys()]) {
      const lasts = membershipIn(room.place) === 'network' || (await choices.stays(account, room.place));
      const identity = parts.identities.of(account, room.place);
      await run(room, farewell(room, account, { lasts, identity, language: parts.languages.of(account) }));
    }
  }

  /** What becomes of the account has to be looked up only if the seat was its last. */
  function unseat(room: state.Room | undefined, leaving: state.Leaving, otherwise: 'parts' | 'lingers') {
    const { account, jid, seat } = leaving;
    if (!room || (seat !== undefined && seat !== room.members.get(account)?.seats.get(jid))) return;
    if (membershipIn(room.place) === 'network') return run(room, state.leave(room, leaving, 'stays'));
    if (!isLast(room, account, jid)) return run(room, state.leave(room, othersStay(room, leaving, parts.languages)));
    return choices.stays(account, room.place).then((stays) => {
      const remains = stays ? 'stays' : parts.linger > 0 ? otherwise : 'parts';
      if (remains === 'lingers') lingers.start(account, room.place);
      return run(room, state.leave(room, leaving, remains));
    });
  }

  function settleMembers(room: state.Room, accounts: readonly AccountKey[]): void {
    for (const account of accounts) if (!room.members.has(account)) forget(room, account);
  }

  function say(room: state.Room, entry: Entry, account?: AccountKey): void | Promise<void> {
    const work = said(saying, room, entry, account);
    const { place } = room;
    if (place.kind === 'room')
      return isUnread(entry) ? after(work, () => run(room, missed(room, place.account, 1))) : work;
    const calls = called(room, entry);
    return calls.length === 0 ? work : after(work, () => run(room, calls));
  }

  /** Something happens to an account in a room, in its turn, after which it may be out. */
  function befalls(place: Place, account: AccountKey, step: (room: state.Room) => readonly state.RoomEffect[]): void {
    lane(place, () => {
      const room = find(place);
      if (room) return after(run(room, step(room)), () => settleMembers(room, [account]));
    });
  }

  /** What a network says of one of its rooms. */
  function apply(what: Event, marks: Marks = {}): void {
    lane(what.place, () => {
      const room = find(what.place) ?? unknown(what);
      if (!room) return;
      if (isArchivable(what)) return say(room, saidThere(room, what, marks));
      if (what.kind === 'receipt') return marked(parts, room, what, marks);
      // Only these can put one of ours out; on other paths the list would cost more than the event.
      const before = ['occupant', 'occupants', 'room'].includes(what.kind) ? [...room.members.keys()] : [];
      const carry = (effects: readonly state.RoomEffect[]) => run(room, effects);
      const work = what.kind === 'occupants' ? takeList(room, what.list, carry) : carry(changed(room, what, marks));
      return after(work, () => settleMembers(room, before));
    });
  }

  function changed(room: state.Room, what: Event, marks: Marks): readonly state.RoomEffect[] {
    switch (what.kind) {
      case 'occupant':
        return state.change(room, what);
      case 'topic':
        return topic(room, what);
      case 'presence':
        return present(room, what);
      case 'room':
        if (what.change === 'left' && what.place.kind === 'room') parts.xmpp.unbookmark(what.place, what.place.account);
        return aboutRoom(room, what);
      default:
        return [{ kind: 'tell', body: what, to: state.readersOf(room), marks }];
    }
  }

  return {
    apply,
    listen: (news: RoomNews): void => void listeners.push(news),
    enter(place: Place, entry: state.Entrance): void {
      lane(place, () => {
        const room = at(place);
        const crowded = tooManySeats(room, entry);
        if (crowded) return run(room, crowded);
        rooms.set(placeKey(place), room);
        belong(entry.account, room);
        waiting.begin({ place, account: entry.account, origin: entry.origin });
        return after(run(room, state.enter(room, entry)), () => waiting.refuse(keyOf(entry.account, place)));
      });
    },
    refuse: waiting.refuse,
    leave: (place: Place, leaving: state.Leaving): void => void depart(place, leaving, 'parts'),
    /** The account leaves for good, with all its clients. False where it is no member. */
    quit(place: Place, account: AccountKey): boolean {
      if (!find(place)?.members.has(account)) return false;
      befalls(place, account, (room) => quit(room, account, 'user'));
      return true;
    },
    /** Where a full JID sits: another one each time that it comes in. */
    seat: (place: Place, account: AccountKey, jid: string): unknown =>
      find(place)?.members.get(account)?.seats.get(jid),
    /** The full JID is gone from a seat without having left, as an error said (XEP-0045 §15.6.2: 333): its account lingers. */
    lost: (place: Place, leaving: state.Leaving, seat: unknown): Promise<void> =>
      depart(place, { ...leaving, statuses: [333], seat }, 'lingers'),
    /** What the account has set for its rooms, or for one of them, is something else now. */
    heed(account: AccountKey, place?: Place): void {
      for (const room of [...(byAccount.get(account) ?? [])].filter((one) => !place || one === find(place))) {
        if (membershipIn(room.place) !== 'seat') continue;
        choices.keep(account, room.place);
        lane(room.place, async () => {
          if (!(await choices.stays(account, room.place))) await run(room, state.part(room, account));
        });
      }
    },
    /** The account acts by another identity from now on, and is in none of its rooms any more. */
    end(account: AccountKey, reason: Words): void {
      const [told, sent] = [inTheirs(account, reason), wordsIn(reason, 'en')];
      for (const { place } of [...(byAccount.get(account) ?? [])])
        befalls(place, account, (room) => state.end(room, account, told, sent));
    },
    /** Brings back the rooms of the last run, and returns the sessions that they need. */
    restore(last: readonly LastRoom[]): readonly { readonly key: SessionKey; readonly nick: string }[] {
      for (const one of last) {
        const room = restored(one, parts.shown);
        // Somebody may have lost the right to be here in the meantime.
        parts.occupancy.changed(room);
        if (room.members.size > 0) rooms.set(placeKey(room.place), room);
        for (const account of room.members.keys()) belong(account, room);
        for (const [account, it] of room.members) if (it.present) carryOut(room, { kind: 'entered', account });
      }
      return last.flatMap(({ place, sittings }) =>
        sittings.map(({ account, nick }) => ({ key: keyOf(account, place), nick })),
      );
    },
    /** The network answered a join. */
    joined: (place: Place, account: AccountKey, failure?: Failure): void =>
      befalls(place, account, (room) => {
        if (failure) return state.refused(room, account, failure, inTheirs(account, failure.words));
        const again = room.members.get(account)?.joined ?? false;
        for (const news of listeners) news.hears(account, place, again);
        return state.joined(room, account);
      }),
    /** Shows what one of our own has said to everybody in the room (XEP-0045 §7.4). */
    reflect(sent: Archivable, account: AccountKey, marks: Marks): void {
      lane(sent.place, () => {
        const room = find(sent.place);
        const nick = room?.members.get(account)?.nick;
        if (room && nick !== undefined)
          return say(room, { event: sent, by: sayer(sent.from), nick, marks, about: undefined }, account);
      });
    },
    /** Brings an account's rooms back after a connection was made. */
    rejoin(key: SessionKey): void {
      for (const room of roomsOf(key)) if (!isIdle(room, key.account)) join(room, key);
    },
    /** The account's session in a realm is given up. */
    abandon(key: SessionKey, failure: Failure): void {
      for (const { place } of roomsOf(key))
        befalls(place, key.account, (room) =>
          state.refused(room, key.account, failure, inTheirs(key.account, failure.words)),
        );
    },
    /** The link of a transport was away since then (ms since 1970) and is back: tells what that may have kept from somebody. */
    catchUp(transport: string, since: number): void {
      for (const { place, changes } of recent.take(transport, since))
        lane(place, () => run(at(place), caughtUp(at(place), changes)));
    },
    /** A network tells what it has told before. */
    toldAgain: (place: Place, told: ToldAgain): void => lane(place, () => toldAgain(parts, at(place), told)),
    outOf: recent.outOf,
    /** Tells a client that it is out, if it is still. */
    tellOut: (place: Place, untold: Untold): void => lane(place, () => run(at(place), stillOut(at(place), untold))),
    /** Everybody is told that the gateway stops (XEP-0045 §10.9: 332). Resolves once they are, and their networks are to be. */
    async farewell(): Promise<void> {
      lingers.stop();
      waiting.stop();
      await Promise.all([...rooms.values()].map((room) => inLane(room.place, () => partFrom(room))));
    },
    nickOf: (place: Place, account: AccountKey, jid: string): string | undefined => nickOf(at(place), account, jid),
    reader: (place: Place, jid: string) => state.readersOf(at(place)).find((one) => one.jid === jid),
    isMember: (place: Place, account: AccountKey): boolean => find(place)?.members.has(account) ?? false,
    info(place: Place): RoomInfo | undefined {
      const room = find(place);
      return room && { occupants: room.roster.size, ...room.look, ...(room.topic.text && { topic: room.topic.text }) };
    },
    /** How many clients of ours are in the room. */
    readers: (place: Place): number => state.readersOf(at(place)).length,
    occupants: (place: Place): Iterable<Occupant> => find(place)?.roster.values() ?? [],
    /** Every seat on a transport, for the check after the XMPP server was away. */
    seats: (transport: string) => seatsOn(rooms.values(), transport),
    get size(): number {
      return rooms.size;
    },
  };
}
