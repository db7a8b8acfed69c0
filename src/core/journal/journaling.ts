import { usualDelivery } from '#mappings/delivery.ts';
import { durabilityOf } from '#mappings/targets.ts';
import type { CoreParts } from '#src/core/core.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Ids } from '#src/core/ids.ts';
import type { Archive } from '#src/core/rooms/archive.ts';
import type { Footing, Standings } from '#src/core/standing.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Direction } from '#src/model/capabilities.ts';
import type { Event, EventKind } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { type Purge, type Statement, StoreUnavailable } from '#src/store/index.ts';
import { type Budgets, openBudgets } from './budgets.ts';
import { type Display, openDisplay } from './display.ts';
import { openFirstTries } from './first-tries.ts';
import { type Delivery, openDelivery } from './lane.ts';
import { type Alarms, openAlarms } from './operator/alarms.ts';
import { openQueue } from './operator/queue.ts';
import type { Queue } from './operator/queue-entry.ts';
import { type FreshRow, type Owed, outwardLane } from './owed.ts';
import { eventOf, type Item, newRow } from './rows.ts';
import { openRunningTime } from './running.ts';
import { type Commit, cameThrough, openCommit, openRows, type Rows } from './shelf.ts';
import { openToNetwork } from './to-network.ts';
import { openToXmpp } from './to-xmpp.ts';

export type JournalingParts = Pick<
  CoreParts,
  'store' | 'xmpp' | 'clock' | 'random' | 'log' | 'expiry' | 'report' | 'access' | 'limits'
> & {
  readonly archive: Pick<Archive, 'cut'>;
  readonly ids: Pick<Ids, 'cut' | 'resolve'>;
  readonly identities: Identities;
  readonly standings: Pick<Standings, 'of'>;
  transport(domain: string): Transport;
  realm(place: Place): string;
  asFailure(error: unknown): Failure;
};

/** What the journal tells of rows towards networks. */
export type JournalNews = {
  /** Its network has it, or, with a failure, will never have it: that of what is durable is answered by the journal. */
  settled(item: Item, failure?: Failure): void;
};

/** Everything between what is accepted and what has arrived. */
export type Journaling = {
  readonly alarms: Alarms;
  listen(news: JournalNews): void;
  readonly queue: Queue;
  /** Drops what of an account is in hand, but not the errors that it has yet to be told. */
  purge(purge: Purge): void;
  readonly display: Display;
  readonly commit: Commit;
  readonly delivery: Delivery;
  readonly rows: Rows;
  readonly budgets: Budgets;
  /** Begins nothing more. Resolves when what was written to XMPP is proven and all of it is noted. Never rejects. */
  stop(): Promise<void>;
  /** Whether such an event is kept until it has arrived. */
  keeps(way: Direction, place: Place, kind: EventKind): boolean;
  /** Fits what is owed to the network of an account's session. */
  ofSession(account: AccountKey, realm: string): (item: Item) => boolean;
  /** A row for a network. */
  outward(event: Event, to: Footing, rest: Pick<FreshRow, 'key' | 'origin' | 'charges' | 'journey'>): FreshRow;
  /**
   * Adds rows for networks in one unit with other statements. Throws as `Store.unit`. Where the line broke while it
   * committed, it finds out whether it did, for as long as somebody is patient.
   */
  add(events: readonly OutwardRow[], around: Around, patient: () => boolean): Promise<void>;
};

export type OutwardRow = { readonly event: Event; readonly row: FreshRow };
/** What is written before and behind rows. */
export type Around = { readonly before: readonly Statement[]; readonly after: readonly Statement[] };

const WEEK = 7 * 86_400_000;
/** Ms after which a store that was away is tried again. */
const STORE_RETRY = 1000;
/** How the tries towards XMPP are spaced, in ms: a link that comes back is told at once anyhow. */
const XMPP_RETRY = { min: 1000, max: 30_000 };

export function openJournaling(parts: JournalingParts): Journaling {
  const { store, xmpp, clock, log, random, archive, ids, transport } = parts;
  const time = openRunningTime(store, clock, log);
  const budgets = openBudgets({ store, log, now: clock.now, alarm: (nearing) => alarms.nearing(nearing) });
  const commit = openCommit(store, [archive.cut, ids.cut, () => display.cut()]);
  const rows = openRows({ store, commit, time, clock, log });
  const inward = parts.expiry ?? WEEK;
  const outwardExpiry = (domain: string): number => {
    const { expiry, mapping } = transport(domain);
    return expiry ?? mapping.facts.delivery?.expiry ?? usualDelivery.expiry;
  };
  // RELIABILITY: doubling with full jitter, so that many who lost the same server come back apart.
  const wait = ({ min, max }: { min: number; max: number }, attempts: number): number =>
    Math.round(random() * Math.min(max, min * 2 ** Math.min(attempts, 30)));

  const row = (way: 'in' | 'out', event: EventId, place: Place, owed: Owed): FreshRow => {
    const expiry = way === 'in' ? inward : outwardExpiry(placeTransport(place));
    return newRow({ store, clock }, { now: time.now(), expiry }, { way, event, place, owed });
  };
  const firstTries = openFirstTries({ busy: (lane) => delivery.busy(lane) });
  /** A row towards XMPP, which goes as soon as it is durable where the link is up and nothing waits before it. */
  const inwardRow = (event: EventId, place: Place, owed: Owed): FreshRow => {
    const made = row('in', event, place, owed);
    const goes = delivery.busy(made.lane) !== undefined && xmpp.epoch(placeTransport(place)) !== undefined;
    return goes ? { ...made, state: 'flight', attempts: 1 } : made;
  };
  const display: Display = openDisplay({
    xmpp,
    add: (one) => store.journal.addOnce(one, rows.epoch),
    // The origin is what an error that comes back for it is about.
    row: (event, place, owed) => ({ ...inwardRow(event, place, owed), origin: JSON.stringify({ place }) }),
    push: (one) => delivery.push(one),
    hurry,
    retry: () => void clock.after(STORE_RETRY, hurry),
  });

  let hurried = false;
  function hurry(): void {
    if (hurried) return;
    hurried = true;
    // After this turn of the loop: whoever has more to write with it has done so.
    setImmediate(() => {
      hurried = false;
      rows
        .owner()
        .then(() => commit.write([]))
        .catch((err: unknown) => {
          log.error({ err }, 'what is owed to XMPP could not be written');
          clock.after(STORE_RETRY, hurry);
        });
    });
  }

  const alarms = openAlarms({ ...parts, display, commit, rows });
  const listeners: JournalNews[] = [];
  const settled: JournalNews['settled'] = (item, failure) => {
    for (const news of listeners) news.settled(item, failure);
  };
  const keeps: Journaling['keeps'] = (way, place, kind) =>
    durabilityOf(transport(placeTransport(place)).mapping.facts, way, place.kind, kind) === 'journal';
  const toXmpp = openToXmpp({
    xmpp,
    log,
    expiry: inward,
    wait: (attempts) => wait(XMPP_RETRY, attempts),
    settle: (id, outcome) => void delivery.settle(id, outcome),
    report: alarms.parked,
  });
  const toNetwork = openToNetwork({
    store,
    commit,
    rows,
    budgets,
    ids,
    clock,
    log,
    standings: parts.standings,
    delivery: () => delivery,
    expiry: outwardExpiry,
    wait,
    row: (event, place, owed, key) => ({ ...inwardRow(event, place, owed), key }),
    landed(item) {
      const { place, kind, id } = eventOf(item);
      // A room shows it to its own, who are owed what is durable.
      if (item.kept && keeps('in', place, kind)) display.owe(id);
      settled(item);
    },
    refused: settled,
    report: alarms.parked,
    asFailure: parts.asFailure,
  });
  const delivery = openDelivery({
    standings: parts.standings,
    store,
    rows,
    time,
    clock,
    log,
    limits: parts.limits,
    carrier: ({ owed }) => (owed.way === 'out' ? toNetwork : toXmpp),
  });

  const { owner, written } = rows;
  const queue = openQueue({
    ...{ store, clock, expiry: inward, owner, release: budgets.release },
    running: { delivery, written, log, report: (what, domain) => parts.report?.(what, domain) },
  });

  const gone = new Failure('not-registered');

  return {
    alarms,
    queue,
    purge({ account, since }) {
      delivery.drop(({ row: own, owed }) => own.account === account && own.at <= since && owed.way !== 'error', {
        on: 'dropped',
        as: 'purged',
        failure: gone,
      });
    },
    display,
    commit,
    delivery,
    rows,
    budgets,
    async stop() {
      await toXmpp.proven();
      await delivery.stop();
    },
    keeps,
    listen: (news) => void listeners.push(news),
    async add(events, { before, after }, patient) {
      const epoch = await rows.owner();
      const marked = events.map(({ event, row }) => firstTries.mark(row, toNetwork.window(event, row.account)));
      try {
        await store.unit([...before, ...marked.map((row) => store.journal.add(row, epoch)), ...after]);
      } catch (error) {
        const unclear = error instanceof StoreUnavailable && !error.certain;
        const [first] = marked;
        if (!unclear || !first || !(await cameThrough({ store, clock, patient }, first))) throw error;
      } finally {
        for (const row of marked) firstTries.added(row);
      }
      for (const row of marked) delivery.push(row);
    },
    ofSession:
      (account, at) =>
      ({ row: { account: own }, owed }) =>
        owed.way === 'out' &&
        own === account &&
        parts.realm(owed.event.place) === at &&
        (owed.identity === undefined || owed.identity === parts.identities.of(account)),
    outward: (event, { key: { account }, identity, transport: { domain } }, rest) => ({
      ...row('out', event.id, event.place, {
        ...{ way: 'out', event },
        ...(parts.identities.differ(domain) && { identity }),
      }),
      account,
      lane: outwardLane(event.place, account),
      ...rest,
    }),
  };
}
