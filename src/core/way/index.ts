import type { Outcome } from '#src/bridge.ts';
import type { Flight, Shared } from '#src/core/ids.ts';
import type { Origin } from '#src/core/index.ts';
import type { Amending } from '#src/core/journal/amend.ts';
import type { Journey } from '#src/core/journal/owed.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import { chain } from '#src/lib/after.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { DraftOf } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, type ForeignId, splitAccount } from '#src/model/ids.ts';
import { placeKey } from '#src/model/place.ts';
import { type AdmitContext, admit } from './admit.ts';
import { type CarryContext, carry } from './carry.ts';
import { type DegradeContext, type Degraded, degrade } from './degrade.ts';
import { type KeepContext, keep, type Sent } from './keep.ts';
import type { RecentTexts } from './recent-texts.ts';
import { type Reference, type ResolveContext, resolve } from './resolve.ts';
import { type Leg, type RouteContext, route } from './route.ts';
import { arrived, refuse, type SettleContext, settle } from './settle.ts';

export type OutwardContext = AdmitContext &
  RouteContext &
  ResolveContext &
  DegradeContext &
  KeepContext &
  CarryContext &
  SettleContext & {
    readonly lanes: Lanes;
    readonly rooms: Pick<Rooms, 'enter' | 'leave'>;
    readonly texts: Pick<RecentTexts, 'note'>;
    /** Changes in silence what still waits for its network. False where it cannot. */
    amend(draft: Amending): Promise<boolean>;
    /** What is no failure is a bug: it is logged. */
    asFailure(error: unknown): Failure;
  };

/** The way of an event from XMPP to a network. */
export type Outward = {
  /** Takes a user's event. Throws a `Failure` for what is refused at once; later ones are answered on the stanza. */
  accept(draft: Draft, origin: Origin): void;
  /** As `accept`, for somebody in the room who waits: resolves once the network has it all, rejects with a `Failure`. */
  perform(drafts: readonly Draft[], jid: string): Promise<void>;
  /** A bridge tells what became of an event that was not journaled. */
  settle(id: EventId, outcome: Outcome): void;
  /** Sends what no stanza has asked for. Throws a `Failure` for what is refused at once. */
  send(draft: Draft, account: AccountKey): void;
  /** A network has a journaled event: links its ids, and shows it where rooms show it. */
  landed(event: Event, journey: Journey, foreign: readonly ForeignId[]): void;
};

/** Stanzas whose pieces are remembered. */
const GROUPS = 1000;

/** admit → route → resolve → degrade → keep → carry → settle, each in a file of its own. */
export function openOutward(context: OutwardContext): Outward {
  const { lanes, rooms } = context;

  function accept(draft: Draft, origin: Origin): void {
    const { account, nick } = admit(context, draft, origin.from);
    if (draft.kind === 'occupant' && (draft.change === 'join' || draft.change === 'leave'))
      return pass(draft, account, origin);
    send(draft, account, newlySent(origin));
    context.texts.note(draft, [origin.id, origin.originId], nick ?? nameOf(account));
  }

  function send(draft: Draft, account: AccountKey, sent: Sent): void {
    for (const leg of route(context, draft, account)) {
      const about = resolve(context, draft, { side: 'foreign', levels: leg.target.levels, account });
      if (amends(draft)) lanes.run(laneOf(leg), () => amend(draft, leg, sent, about));
      else dispatch(draft, leg, sent, reduced(draft, leg, about));
    }
  }

  const reduced = (draft: Draft, leg: Leg, about: Reference | Promise<Reference>): Degraded | Promise<Degraded> =>
    chain(about, (found) => degrade(context, draft, leg, found));

  /** Within the lane, so that nothing overtakes what has to wait for something. */
  function dispatch(draft: Draft, leg: Leg, sent: Sent, ready: Degraded | Promise<Degraded>): void {
    lanes.run(laneOf(leg), () => {
      try {
        const work = go(draft, leg, sent, ready);
        return work?.catch((error: unknown) => refuse(context, sent, context.asFailure(error)));
      } catch (error) {
        refuse(context, sent, context.asFailure(error));
      }
    });
  }

  function go(draft: Draft, leg: Leg, sent: Sent, ready: Degraded | Promise<Degraded>): void | Promise<void> {
    return chain(
      chain(ready, (pieces) => keep(context, draft, leg, sent, pieces)),
      (events) => {
        for (const event of events) {
          try {
            carry(context, event, leg);
          } catch (error) {
            settle(context, event.id, context.asFailure(error));
          }
        }
      },
    );
  }

  /** What is about a message that still waits changes that, and goes out itself where it is too late. */
  async function amend(draft: Amending, leg: Leg, sent: Sent, about: Reference | Promise<Reference>): Promise<void> {
    try {
      if (!(await context.amend(draft))) await go(draft, leg, sent, reduced(draft, leg, about));
    } catch (error) {
      refuse(context, sent, context.asFailure(error));
    }
  }

  /** Somebody enters or leaves a room. */
  function pass({ place, ...draft }: DraftOf<'occupant'>, account: AccountKey, origin: Origin): void {
    if (draft.change === 'leave') return rooms.leave(place, { account, jid: origin.from, reason: draft.reason });
    const { who, password, history } = draft;
    rooms.enter(place, { account, nick: who.nick, origin, ...(password && { password }), ...(history && { history }) });
  }

  async function perform(drafts: readonly Draft[], jid: string): Promise<void> {
    const legs = drafts.flatMap((draft) =>
      route(context, draft, admit(context, draft, jid).account).map((leg) => ({ draft, leg })),
    );
    const ready = await Promise.all(
      legs.map(async ({ draft, leg }) => {
        const about = resolve(context, draft, {
          side: 'foreign',
          levels: leg.target.levels,
          account: leg.key.account,
        });
        return { draft, leg, pieces: await reduced(draft, leg, about) };
      }),
    );
    await Promise.all(ready.map(({ draft, leg, pieces }) => landing(draft, leg, pieces)));
  }

  function landing(draft: Draft, leg: Leg, ready: Degraded): Promise<void> {
    let left = ready.pieces.length;
    if (left === 0) return Promise.resolve();
    const { promise, resolve: done, reject } = Promise.withResolvers<void>();
    const landed = (failure: Failure | undefined): void => {
      left--;
      if (failure) reject(failure);
      else if (left === 0) done();
    };
    dispatch(draft, leg, { origin: undefined, shared: { answered: false, landed } }, ready);
    return promise;
  }

  /** Pieces of one stanza whose ids are linked as those of one message, lately. */
  const groups = openRecent<Flight['shared']>(GROUPS);

  return {
    accept,
    perform,
    settle: (id, outcome) => settle(context, id, outcome),
    send: (draft, account) => send(draft, account, newlySent(undefined)),
    landed(event, { origin, lead, group }, foreign) {
      const shared: Shared = groups.get(group) ?? { answered: false };
      groups.set(group, shared);
      arrived(context, { event, origin, lead, shared }, origin, foreign);
    },
  };
}

const newlySent = (origin: Origin | undefined): Sent => ({ origin, shared: { answered: false } });

const amends = (draft: Draft): draft is Amending =>
  (draft.kind === 'edit' || draft.kind === 'retract') && draft.place.kind === 'contact';

/** One for each place and account: who is slow holds up nobody else. */
const laneOf = ({ place, key }: Leg): string =>
  place.kind === 'shared' ? `out ${placeKey(place)} ${key.account}` : `out ${placeKey(place)}`;

/** What somebody is called outside of rooms. */
function nameOf(account: AccountKey): string {
  const { user } = splitAccount(account);
  return user.slice(0, user.indexOf('@'));
}
