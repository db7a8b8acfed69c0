import { describe, expect, it } from 'vitest';
import { openAsFailure } from '#src/core/bugs.ts';
import type { DeliveryAgent } from '#src/core/journal/agent.ts';
import { type Delivery, openDelivery } from '#src/core/journal/lane.ts';
import { type FreshRow, inwardId, newRow } from '#src/core/journal/rows.ts';
import { openRunningTime } from '#src/core/journal/running.ts';
import { openCommit, openRows } from '#src/core/journal/shelf.ts';
import { openSettling, type Settling } from '#src/core/way/settle.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openStore, type Store } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { standings } from '../footings.ts';
import { MINUTE, mercutio } from './journal-world.ts';

const log = openLog('silent');
const limits = { waitingLines: 100, waitingTime: MINUTE };

/** Notes what it is given. */
const noting = (seen: string[]): DeliveryAgent => ({
  facts: () => ({
    confirms: 'taken',
    handedOver: true,
    charged: true,
    expiry: MINUTE,
    tell: Number.POSITIVE_INFINITY,
    window: 10,
    wait: () => 1000,
  }),
  free: () => 0,
  ready: () => true,
  carry: ({ event }) => void seen.push(event),
  async reconcile({ event }) {
    seen.push(`where is ${event}`);
    return 'not-sent';
  },
  withdraw: () => false,
  joins: () => false,
  holds: () => false,
});

type World = {
  readonly store: Store;
  readonly delivery: Delivery;
  readonly settling: Settling;
  /** What is to be written waits here from now on. Returns what lets it go. */
  hold(): () => void;
  row(name: string, place?: Place): FreshRow;
};

/** A delivery on a new store. `claimed` hears of each claim, between the answer of the store and whoever has asked. */
async function play(
  act: (world: World, seen: string[]) => Promise<unknown>,
  claimed: (world: World, count: number) => Promise<void> = async () => undefined,
): Promise<void> {
  using dir = tempFolder();
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
  const time = openRunningTime(store, clock, log);
  const commit = openCommit(store);
  const rows = openRows({ store, commit, time, clock, log, returns: 0 });
  const row = (name: string, place: Place = mercutio): FreshRow =>
    newRow(
      { store, clock },
      { now: 0, expiry: MINUTE },
      { way: 'in', event: inwardId(name), place, owed: { way: 'receipt', place, origin: {} } as never },
    );
  const seen: string[] = [];
  const claim: typeof rows.claim = async (lane, max) => {
    const found = await rows.claim(lane, max);
    await claimed(world, found?.length ?? 0);
    return found;
  };
  let free: Promise<void> = Promise.resolve();
  const write: typeof rows.write = (...what) => void free.then(() => rows.write(...what));
  const own = { ...rows, claim, write };
  const network = noting(seen);
  const settling = openSettling({
    ...{ store, commit, rows: own, time, clock, log },
    budgets: { release: () => [] },
    answers: { of: () => undefined, ofAll: async () => undefined },
    agent: () => network,
  });
  const world: World = {
    ...{ store, row, settling },
    delivery: openDelivery({
      ...{ store, time, clock, log, limits, settling, standings },
      rows: own,
      agent: () => network,
      serves: (domain) => domain !== 'gone.example',
      asFailure: openAsFailure(log),
    }),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      free = promise;
      return resolve;
    },
  };
  await act(world, seen);
  await world.delivery.stop();
}

const until = (look: () => boolean) => untilTrue(look);

async function after(steps: number, work: () => void): Promise<void> {
  for (let step = 0; step < steps; step++) await undefined;
  work();
}

/** So many steps of promises lie between the answer of the store and the end of a page, and some more. */
const STEPS = 12;

describe('a lane that is read', () => {
  it.each(Array.from({ length: STEPS }, (_, steps) => steps))(
    'has in hand what becomes durable %d steps after its page was read',
    (steps) =>
      play(
        async ({ store, delivery, row }, seen) => {
          await store.unit([store.journal.add(row('older'), 0)]);
          await delivery.start();
          await until(() => seen.length === 2);
          expect(seen.toSorted()).toEqual(['in late', 'in older']);
        },
        async ({ store, delivery, row }, count) => {
          if (count === 0) return;
          const late = row('late');
          await store.unit([store.journal.add(late, 2)]);
          void after(steps, () => delivery.push(late));
        },
      ),
  );

  it('has in hand what becomes durable before it was read, by the time that whoever adds it hears so', () =>
    play(async ({ store, delivery, settling, row }) => {
      const late = delivery.announce(row('late'));
      await store.unit([store.journal.add(late, 0)]);
      await delivery.added(late);
      expect(settling.ofLane(late.lane).map(({ event }) => event)).toEqual(['in late']);
    }));

  it('leaves what is owed by a transport that there is no more, and holds up no other', () =>
    play(async ({ store, delivery, row }, seen) => {
      const account = accountKey('romeo@a.example' as BareJid, 'gone.example');
      const gone = Array.from({ length: 60 }, (_, n) => row(`gone ${n}`, { kind: 'contact', account, id: 'a' }));
      const lanes = [...gone, row('here')].map(({ lane }) => lane);
      expect(lanes.toSorted()).toEqual(lanes);
      for (const one of [...gone, row('here')]) await store.unit([store.journal.add(one, 0)]);
      await delivery.start();
      await until(() => seen.length > 0);
      expect(seen).toEqual(['in here']);
      expect(await store.journal.lanes('', 10)).toContain(gone[0]?.lane);
    }));

  it('asks nobody about a row that this run has added as tried and that nobody has begun with', () =>
    play(async ({ store, delivery, row }, seen) => {
      const fresh: FreshRow = { ...row('fresh'), state: 'flight', attempts: 1 };
      await store.unit([store.journal.add(fresh, 2)]);
      delivery.push(fresh);
      await until(() => seen.length === 1);
      expect(seen).toEqual(['in fresh']);
    }));

  it('does not take in hand again what has ended and is about to be written', () =>
    play(async ({ store, delivery, settling, hold, row }, seen) => {
      const [first, second] = [row('first'), row('second')].map(
        (one) => ({ ...one, state: 'flight', attempts: 1 }) as FreshRow,
      );
      if (!first || !second) throw new Error('there are two');
      await store.unit([store.journal.add(first, 2)]);
      delivery.push(first);
      await until(() => seen.length === 1);
      const release = hold();
      void settling.settle(first.event, { ids: [], state: 'taken' });
      await store.unit([store.journal.add(second, 2)]);
      delivery.push(second);
      await until(() => seen.includes('in second'));
      release();
      expect(seen).toEqual(['in first', 'in second']);
    }));
});
