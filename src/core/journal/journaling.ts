import { usualDelivery } from '#mappings/delivery.ts';
import { durabilityOf } from '#mappings/targets.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { CoreParts } from '#src/core/core.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Ids } from '#src/core/ids.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { Footing, Standings } from '#src/core/standing.ts';
import type { Transport } from '#src/core/transport.ts';
import { openCarry } from '#src/core/way/carry.ts';
import { openSettling, type Settling } from '#src/core/way/settle.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import type { Direction } from '#src/model/capabilities.ts';
import type { Event, EventKind } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Purge } from '#src/store/index.ts';
import { type Budgets, openBudgets } from './budgets.ts';
import { type Display, openDisplay } from './display.ts';
import { type FarServers, openFarServers, openReturns } from './far-servers.ts';
import { type Delivery, openDelivery } from './lane.ts';
import { type Alarms, openAlarms } from './operator/alarms.ts';
import { openQueue } from './operator/queue.ts';
import type { Queue } from './operator/queue-entry.ts';
import { openAnswers } from './receipts.ts';
import { type FreshRow, newRow, type Owed, type OwedRow, outwardLane } from './rows.ts';
import type { RunningTime } from './running.ts';
import type { Commit, Rows } from './shelf.ts';
import { openToXmpp } from './to-xmpp.ts';

export type JournalingParts = Pick<
  CoreParts,
  'store' | 'xmpp' | 'clock' | 'random' | 'log' | 'expiry' | 'far' | 'report' | 'access' | 'limits'
> & {
  readonly ids: Pick<Ids, 'resolve'>;
  readonly time: RunningTime;
  readonly commit: Commit;
  readonly rows: Rows;
  readonly languages: Pick<Languages, 'of'>;
  readonly digests: Pick<Digests, 'holds' | 'joins' | 'told'>;
  readonly identities: Identities;
  readonly standings: Pick<Standings, 'of'>;
  transport(domain: string): Transport;
  serves(domain: string): boolean;
  realm(place: Place): string;
  asFailure(error: unknown): Failure;
};

/** Everything between what is accepted and what has arrived. */
export type Journaling = {
  readonly alarms: Alarms;
  readonly queue: Queue;
  /** Drops what of an account is in hand, but not the errors that it has yet to be told. */
  purge(purge: Purge): void;
  readonly far: FarServers;
  /** A link has ended. Resolves when what it may have kept from users of other servers is owed again. Never rejects. */
  lost(transport: string): Promise<void>;
  /** `tell` hears of each server of users that cannot be reached any more, or can be again. */
  reached(tell: (domain: string) => void): void;
  /** Whether a row goes to a user of another server. */
  isFar(row: OwedRow): boolean;
  readonly display: Display;
  readonly delivery: Delivery;
  readonly settling: Settling;
  readonly rows: Rows;
  readonly budgets: Budgets;
  /** Begins nothing more. Resolves when what was written to XMPP is proven and all of it is noted. Never rejects. */
  stop(): Promise<void>;
  /** Whether such an event is kept until it has arrived. */
  keeps(way: Direction, place: Place, kind: EventKind | 'marker'): boolean;
  /** Fits what is owed to the network of an account's session. */
  ofSession(account: AccountKey, realm: string): (row: OwedRow) => boolean;
  /** A row for a network, which is not tried before what it is held back for had its time. */
  outward(event: Event, to: Footing, rest: Pick<FreshRow, 'key' | 'origin' | 'charges' | 'piece' | 'held'>): FreshRow;
};

const WEEK = 7 * 86_400_000;
/** Ms after which a store that was away is tried again. */
const STORE_RETRY = 1000;
/** How the tries towards XMPP are spaced, in ms: a link that comes back is told at once anyhow. */
const XMPP_RETRY = { min: 1000, max: 30_000 };

/** How often a server that cannot be reached is tried, in ms. */
const FAR_RETRY = { min: 5000, max: 300_000 };

export function openJournaling(parts: JournalingParts): Journaling {
  const { store, xmpp, clock, log, random, ids, transport, standings, identities, asFailure } = parts;
  const { time, commit, rows } = parts;
  const inward = parts.expiry ?? WEEK;
  const expiry = (domain: string): number => {
    const { expiry: own, mapping } = transport(domain);
    return own ?? mapping.facts.delivery?.expiry ?? usualDelivery.expiry;
  };
  const wait = (bounds: { min: number; max: number }, attempts: number): number =>
    backoff({ ...bounds, random })(Math.max(attempts - 1, 0));
  const keeps: Journaling['keeps'] = (way, place, kind) =>
    durabilityOf(transport(placeTransport(place)).mapping.facts, way, place.kind, kind) === 'journal';

  const returns = parts.far?.returns ?? 0;
  const budgets = openBudgets({ store, log, now: clock.now });
  const inwardRow = (event: EventId, place: Place, owed: Owed): FreshRow =>
    newRow({ store, clock }, { now: time.now(), expiry: inward }, { way: 'in', event, place, owed });
  const answers = openAnswers({
    store,
    now: clock.now,
    languages: parts.languages,
    transport,
    row: (event, place, owed, key) => ({ ...inwardRow(event, place, owed), key }),
  });

  const listeners: ((domain: string) => void)[] = [];
  const far = openFarServers({
    clock,
    isHome: parts.far?.isHome ?? (() => true),
    // What has come back stands in its lanes again by then.
    wait: (attempts) => wait(FAR_RETRY, attempts),
    answers: xmpp.answers,
    wake: (domain) => delivery.wake((row) => toXmpp.domainOf(row) === domain),
    changed(domain) {
      for (const tell of listeners) tell(domain);
    },
  });
  const toXmpp = openToXmpp({
    xmpp,
    log,
    far,
    returns,
    languages: parts.languages,
    digests: parts.digests,
    expiry: inward,
    wait: (attempts) => wait(XMPP_RETRY, attempts),
  });
  const toNetwork = openCarry({ ids, standings, expiry, wait, asFailure });
  const agent = ({ owed }: Pick<OwedRow, 'owed'>) => (owed.way === 'out' ? toNetwork : toXmpp);
  const settling = openSettling({ store, commit, rows, budgets, answers, time, clock, log, agent });
  const comingBack = parts.far && openReturns({ store, rows, settling, time, clock, log, returns });
  const { limits } = parts;
  const delivery = openDelivery({
    ...{ store, rows, time, clock, log, settling, standings, agent, asFailure, limits },
    serves: parts.serves,
  });

  let hurried = false;
  /** Writes what waits after this turn of the loop: whoever has more to write with it has done so. */
  const hurry = (): void => {
    if (hurried) return;
    hurried = true;
    setImmediate(() => {
      hurried = false;
      rows.writeWaiting().catch((err: unknown) => {
        log.error({ err }, 'what is owed to XMPP could not be written');
        clock.after(STORE_RETRY, hurry);
      });
    });
  };
  const display: Display = openDisplay({
    xmpp,
    delivery,
    add: (one) => store.journal.addOnce(one, rows.epoch),
    // The origin is what an error that comes back for it is about.
    row: (event, place, owed) => ({ ...inwardRow(event, place, owed), origin: JSON.stringify({ place }) }),
    hurry,
    retry: () => void clock.after(STORE_RETRY, hurry),
  });
  commit.join(display.cut);

  const alarms = openAlarms({ ...parts, display, commit, rows });
  budgets.listen(alarms.nearing);
  settling.listen({ parked: alarms.parked });
  const { owner, written } = rows;
  const queue = openQueue({
    ...{ store, clock, expiry: inward, owner, release: budgets.release },
    running: { delivery, written, log, report: (what, domain) => parts.report?.(what, domain) },
  });
  const gone = new Failure('not-registered');

  return {
    ...{ alarms, queue, display, delivery, settling, rows, budgets, keeps },
    purge({ account, since }) {
      const fits = (row: OwedRow): boolean => row.account === account && row.at <= since && row.owed.way !== 'error';
      delivery.drop(fits, { on: 'dropped', as: 'purged', failure: gone });
    },
    far,
    lost: async (transport) => comingBack?.lost(transport),
    reached: (tell) => void listeners.push(tell),
    isFar: (row) => toXmpp.domainOf(row) !== undefined,
    async stop() {
      comingBack?.stop();
      far.stop();
      await toXmpp.proven();
      await delivery.stop();
    },
    ofSession: (account, at) => (row) =>
      row.owed.way === 'out' &&
      row.account === account &&
      parts.realm(row.owed.event.place) === at &&
      (row.owed.identity === undefined || row.owed.identity === identities.of(account)),
    outward(event, { key: { account }, identity, transport: { domain } }, rest) {
      const { id, place } = event;
      const owed = { ...({ way: 'out', event } as const), ...(identities.differ(domain) && { identity }) };
      const times = { now: time.now(), expiry: expiry(placeTransport(place)) };
      const made = newRow({ store, clock }, times, { way: 'out', event: id, place, owed });
      const { window = 0 } = rest.held ?? {};
      const notBefore = window === 0 ? 0 : time.now() + window;
      return { ...made, account, lane: outwardLane(place, account), notBefore, ...rest };
    },
  };
}
