import type { Outcome, SessionKey } from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import { authorOf, type Flight, type Ids } from '#src/core/ids.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
import type { Amending } from '#src/core/journal/amend.ts';
import type { Intake } from '#src/core/journal/intake.ts';
import { openKeep } from '#src/core/journal/keep.ts';
import type { Journey } from '#src/core/journal/owed.ts';
import type { Limits } from '#src/core/limits.ts';
import { faring, type Shown } from '#src/core/rooms/room-events.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import {
  type AccountKey,
  type BareJid,
  type EventId,
  type ForeignId,
  newEventId,
  type XmppId,
} from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import { amends, asFailure, inRoom, laneOf, marksOf } from './outbound-facts.ts';
import { points, translate } from './reference.ts';

export type OutboundParts = {
  readonly accounts: Accounts;
  readonly ids: Ids;
  readonly lanes: Lanes;
  readonly limits: Limits;
  readonly rooms: Rooms;
  readonly sessions: Sessions;
  readonly xmpp: XmppSide;
  readonly intake: Intake;
  now(): number;
  /** Hears what became of a subscription. */
  contact(event: EventOf<'contact'>, outcome: Outcome): void;
  realm(place: Place): string;
  /** Whether such an event is kept until it has arrived. */
  journaled(draft: Draft): boolean;
  /** Changes in silence what still waits for its network. False where it cannot. */
  amend(draft: Amending, origin: Origin): Promise<boolean>;
  /** Whether events go to their network without a session. */
  sessionless(place: Place): boolean;
  /** Whether a message may open a connection for the account. Never rejects. */
  opens(account: AccountKey): Promise<boolean>;
  /** What the network carries of a draft, in pieces. Throws a `Failure` for what it refuses, or rejects with it. */
  degrade(draft: Draft, key: SessionKey): readonly Draft[] | Promise<readonly Draft[]>;
};

/** The way of a message from XMPP to a network. */
export type Outbound = {
  /** Takes a user's event. Throws a `Failure` for what is refused at once; later ones are answered on the stanza. */
  accept(draft: Draft, origin: Origin): void;
  /** As `accept`, for somebody in the room who waits: resolves once the network has it all, rejects with a `Failure`. */
  perform(drafts: readonly Draft[], jid: string): Promise<void>;
  /** A bridge tells what became of an event that was not journaled. */
  settle(id: EventId, outcome: Outcome): void;
  /** Sends what no stanza has asked for. Throws a `Failure` for what is refused at once. */
  send(draft: Draft, account: AccountKey): void;
  /** Tells a network how somebody in one of its rooms fares, who has said so beside something else, where its table carries it. */
  fares(at: Pick<Draft, 'place' | 'from'>, account: AccountKey, shown: Shown): void;
  /** A network has a journaled event: links its ids, and shows it where rooms show it. */
  landed(event: Event, journey: Journey, foreign: readonly ForeignId[]): void;
};

/** accept: account, place, pieces, lane, bridge. settle: reflection or error. */
export function openOutbound({
  accounts,
  ids,
  lanes,
  intake,
  limits,
  rooms,
  sessions,
  xmpp,
  ...parts
}: OutboundParts): Outbound {
  function admit({ from, place }: Draft): { account: AccountKey; user: BareJid } {
    if (from.kind !== 'xmpp' || !accounts.permitted(from.bare)) throw accounts.refusal();
    const account = accounts.of(from, placeTransport(place));
    accounts.used(account);
    return { account, user: from.bare };
  }

  function accept(draft: Draft, origin: Origin): void {
    const { account, user } = admit(draft);
    if (draft.kind === 'occupant' && draft.change === 'join') {
      limits.spend('joins', user);
      return rooms.enter(draft.place, {
        account,
        nick: draft.who.nick,
        origin,
        password: draft.password,
        history: draft.history,
        shown: draft.who,
      });
    }
    if (draft.kind === 'occupant' && draft.change === 'leave')
      return rooms.leave(draft.place, { account, jid: origin.from, reason: draft.reason });
    if (inRoom(draft) && rooms.nickOf(draft.place, account, origin.from) === undefined) throw new Failure('not-joined');
    limits.spend('messages', user);
    if (amends(draft)) lanes.run(laneOf(draft), () => amend(draft, keyOf(draft, account), origin));
    else send(draft, keyOf(draft, account), origin);
    if (draft.kind === 'nick' && draft.show) fares(draft, account, draft);
  }

  function fares({ place, from }: Pick<Draft, 'place' | 'from'>, account: AccountKey, shown: Shown): void {
    const draft: Draft = { place, from, ...faring(shown) };
    try {
      send(draft, keyOf(draft, account), undefined);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** What is about a message that still waits changes that, and goes out itself where it is too late. */
  async function amend(draft: Amending, key: SessionKey, origin: Origin): Promise<void> {
    try {
      if (!(await parts.amend(draft, origin))) send(draft, key, origin);
    } catch (error) {
      refuse({ origin, lead: true, shared: { answered: false } }, asFailure(error));
    }
  }

  async function perform(drafts: readonly Draft[], jid: string): Promise<void> {
    const ready = drafts.map((draft) => {
      const { account, user } = admit(draft);
      if (rooms.nickOf(draft.place, account, jid) === undefined) throw new Failure('not-joined');
      limits.spend('messages', user);
      return { draft, key: keyOf(draft, account) };
    });
    await Promise.all(ready.map(async ({ draft, key }) => landing(await parts.degrade(draft, key), key)));
  }

  function landing(pieces: readonly Draft[], key: SessionKey): Promise<void> {
    if (pieces.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let left = pieces.length;
    const landed = (failure: Failure | undefined): void => {
      left--;
      if (failure) reject(failure);
      else if (left === 0) resolve();
    };
    sendPieces(key, pieces, { origin: undefined, shared: { answered: false, landed } });
    return promise;
  }

  const keep = openKeep({ intake, sessions, ...parts });
  const keyOf = ({ place }: Draft, account: AccountKey): SessionKey => ({ account, realm: parts.realm(place) });

  function send(draft: Draft, key: SessionKey, origin: Origin | undefined): void {
    if (parts.journaled(draft)) return lanes.run(laneOf(draft), keep(draft, { key, origin }));
    const shared = { answered: false };
    const pieces = parts.degrade(draft, key);
    if (!(pieces instanceof Promise)) return sendPieces(key, pieces, { origin, shared });
    const fail = (error: unknown): void => refuse({ origin, lead: true, shared }, asFailure(error));
    // What comes after it in this place waits until the pieces are there.
    lanes.run(laneOf(draft), () => pieces.then((all) => handPieces(key, all, { origin, shared })).catch(fail));
  }

  /** Within the lane: each piece is handed over before the next. */
  async function handPieces(key: SessionKey, pieces: readonly Draft[], of: Omit<Stanza, 'lead'>): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      const stanza: Stanza = { ...of, lead: index === 0 };
      if (points(piece)) await pointed(key, piece, stanza);
      else await hand(key, depart(piece, stanza));
    }
  }

  function sendPieces(key: SessionKey, pieces: readonly Draft[], of: Omit<Stanza, 'lead'>): void {
    for (const [index, piece] of pieces.entries()) {
      const stanza: Stanza = { ...of, lead: index === 0 };
      if (points(piece)) lanes.run(laneOf(piece), () => pointed(key, piece, stanza));
      else {
        const event = depart(piece, stanza);
        lanes.run(laneOf(piece), () => hand(key, event));
      }
    }
  }

  function depart(piece: Draft, stanza: Stanza): Event {
    const event: Event = { ...piece, id: newEventId(), at: parts.now(), live: true };
    ids.depart({ event, ...stanza });
    return event;
  }

  /** What is about an earlier message goes once it is known what the network calls that. */
  function pointed(key: SessionKey, piece: Draft, stanza: Stanza): void | Promise<void> {
    const go = async (found: readonly Draft[]): Promise<void> => {
      for (const [index, one] of found.entries())
        await hand(key, depart(one, { ...stanza, lead: stanza.lead && index === 0 }));
    };
    const fail = (error: unknown): void => refuse(stanza, asFailure(error));
    try {
      const found = translate(piece, ids, 'foreign');
      return found instanceof Promise ? found.then(go).catch(fail) : go(found);
    } catch (error) {
      fail(error);
    }
  }

  function refuse({ origin, shared }: Stanza, failure: Failure): void {
    shared.landed?.(failure);
    if (origin && !shared.answered) xmpp.refuse(origin, failure);
    shared.answered = true;
  }

  function hand(key: SessionKey, event: Event): void | Promise<void> {
    if (event.kind !== 'message' || inRoom(event) || sessions.realms(key.account).includes(key.realm))
      return give(key, event);
    return parts.opens(key.account).then((opens) => {
      if (opens) sessions.need(key);
      give(key, event);
    });
  }

  function give(key: SessionKey, event: Event): void {
    try {
      sessions.send(key, event);
    } catch (error) {
      settle(event.id, asFailure(error));
    }
  }

  function settle(id: EventId, outcome: Outcome): void {
    // Neither is taken: the flight goes on until the network's server has it.
    if (!(outcome instanceof Failure) && (outcome.state === 'written' || outcome.state === 'delayed')) return;
    const flight = ids.land(id);
    if (!flight) return;
    const { event, origin, shared } = flight;
    if (shared.landed) return shared.landed(outcome instanceof Failure ? outcome : undefined);
    if (event.kind === 'occupant' || event.kind === 'contact') return settleStanding(event, outcome);
    if (origin) answer(flight, origin, outcome);
  }

  function answer(flight: Flight, origin: Origin, outcome: Outcome): void {
    if (outcome instanceof Failure) return refuse(flight, outcome);
    arrived(flight, origin, outcome.ids);
  }

  function arrived(flight: Flight, origin: Origin, foreign: readonly ForeignId[]): void {
    const { event, lead } = flight;
    if (foreign.length > 0) link(flight, origin, foreign);
    if (event.kind === 'message' && inRoom(event)) {
      rooms.reflect(event, accounts.of(event.from, placeTransport(event.place)), lead ? marksOf(origin) : {});
    }
  }

  /** Pieces of one stanza whose ids are linked as those of one message, lately. */
  const groups = openRecent<Flight['shared']>(GROUPS);

  function landed(event: Event, { origin, lead, group }: Journey, foreign: readonly ForeignId[]): void {
    const shared = groups.get(group) ?? { answered: false };
    groups.set(group, shared);
    arrived({ event, origin, lead, shared }, origin, foreign);
  }

  /** The network's ids of a piece, with those by which XMPP knows it: the stanza's own, or ours where it is reflected. */
  function link({ event, lead, shared }: Flight, { id, originId }: Origin, foreign: readonly ForeignId[]): void {
    const own = lead ? [id, originId as XmppId | undefined].filter((one) => one !== undefined) : [];
    const reflected = lead && id !== undefined ? [] : inRoom(event) ? [event.id as string as XmppId] : [];
    shared.linked ??= {
      event: event.id,
      place: placeKey(event.place),
      at: event.at,
      author: authorOf(event.from),
      xmpp: [],
      foreign: [],
    };
    ids.link(shared.linked, { xmpp: [...new Set([...own, ...reflected])], foreign });
  }

  /** What changes how somebody stands to a room or contact is answered there. */
  function settleStanding(event: EventOf<'occupant'> | EventOf<'contact'>, outcome: Outcome): void {
    if (event.kind === 'contact') return parts.contact(event, outcome);
    if (event.change !== 'join') return;
    const account = accounts.of(event.from, placeTransport(event.place));
    rooms.joined(event.place, account, outcome instanceof Failure ? outcome : undefined);
  }

  return {
    accept,
    perform,
    settle,
    fares,
    send: (draft, account) => send(draft, keyOf(draft, account), undefined),
    landed,
  };
}

/** The stanza of a flight. */
type Stanza = Omit<Flight, 'event'>;

/** Stanzas whose pieces are remembered. */
const GROUPS = 1000;
