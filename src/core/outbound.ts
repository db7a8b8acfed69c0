import type { Outcome, SessionKey } from '#src/bridge.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, type ForeignId, newEventId, type XmppId } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { Accounts } from './accounts.ts';
import { authorOf, type Flight, type Ids } from './ids.ts';
import type { Marks, Origin, XmppSide } from './index.ts';
import type { Intake } from './intake.ts';
import type { Limits } from './limits.ts';
import type { Journey } from './owed.ts';
import { points, translate } from './pointing.ts';
import { openRecent } from './recent.ts';
import type { Rooms } from './rooms.ts';
import type { Sessions } from './sessions.ts';

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
  realm(place: Place): string;
  /** Whether such an event is kept until it has arrived. */
  journaled(draft: Draft): boolean;
  /** Whether events go to their network without a session. */
  sessionless(place: Place): boolean;
  /** What the network carries of a draft, in pieces. Throws a `Failure` for what it refuses. */
  degrade(draft: Draft, key: SessionKey): readonly Draft[];
};

/** The way of a message from XMPP to a network. */
export type Outbound = {
  /** Takes a user's event. Throws a `Failure` for what is refused at once; later ones are answered on the stanza. */
  accept(draft: Draft, origin: Origin): void;
  /** A bridge tells what became of an event that was not journaled. */
  settle(id: EventId, outcome: Outcome): void;
  /** Sends what no stanza has asked for. Throws a `Failure` for what is refused at once. */
  send(draft: Draft, account: AccountKey): void;
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
  function accept(draft: Draft, origin: Origin): void {
    if (draft.from.kind !== 'xmpp' || !accounts.permitted(draft.from.bare)) throw accounts.refusal();
    const account = accounts.of(draft.from, placeTransport(draft.place));
    accounts.used(account);
    if (draft.kind === 'occupant' && draft.change === 'join') {
      limits.spend('joins', draft.from.bare);
      return rooms.enter(draft.place, {
        account,
        nick: draft.who.nick,
        origin,
        password: draft.password,
        history: draft.history,
      });
    }
    if (draft.kind === 'occupant' && draft.change === 'leave')
      return rooms.leave(draft.place, account, origin.from, draft.reason);
    if (inRoom(draft) && rooms.nickOf(draft.place, account, origin.from) === undefined) throw new Failure('not-joined');
    limits.spend('messages', draft.from.bare);
    send(draft, account, origin);
  }

  function send(draft: Draft, account: AccountKey, origin: Origin | undefined): void {
    const key: SessionKey = { account, realm: parts.realm(draft.place) };
    const pieces = parts.degrade(draft, key);
    if (pieces.length > 0 && parts.journaled(draft)) {
      if (!parts.sessionless(draft.place)) sessions.require(key);
      return intake.take({ draft, pieces, account, origin });
    }
    const shared = { answered: false };
    for (const [index, piece] of pieces.entries()) {
      const stanza: Stanza = { origin, lead: index === 0, shared };
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
    const go = (found: readonly Draft[]): void => {
      for (const [index, one] of found.entries())
        hand(key, depart(one, { ...stanza, lead: stanza.lead && index === 0 }));
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
    if (origin && !shared.answered) xmpp.refuse(origin, failure);
    shared.answered = true;
  }

  function hand(key: SessionKey, event: Event): void {
    try {
      sessions.send(key, event);
    } catch (error) {
      settle(event.id, asFailure(error));
    }
  }

  function settle(id: EventId, outcome: Outcome): void {
    // Written is not taken: the flight goes on until the network's server has it.
    if (!(outcome instanceof Failure) && outcome.state === 'written') return;
    const flight = ids.land(id);
    if (!flight) return;
    const { event, origin } = flight;
    if (event.kind === 'occupant') return settleOccupant(event, outcome);
    if (!origin) return;
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

  function settleOccupant(event: Event & { kind: 'occupant' }, outcome: Outcome): void {
    if (event.change !== 'join') return;
    const account = accounts.of(event.from, placeTransport(event.place));
    rooms.joined(event.place, account, outcome instanceof Failure ? outcome : undefined);
  }

  return { accept, settle, send: (draft, account) => send(draft, account, undefined), landed };
}

/** The stanza of a flight. */
type Stanza = Omit<Flight, 'event'>;

const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('internal', { cause: error });

/** Stanzas whose pieces are remembered. */
const GROUPS = 1000;

const laneOf = ({ place }: Draft): string => `out ${placeKey(place)}`;

const inRoom = ({ place }: Draft): boolean => place.kind === 'shared' || place.kind === 'room';

const marksOf = ({ id, originId }: Origin): Marks => ({
  ...(id !== undefined && { id: id as XmppId }),
  ...(originId !== undefined && { originId }),
});
