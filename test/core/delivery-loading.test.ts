import { expect, it, vi } from 'vitest';
import type { Carrier } from '#src/core/journal/carrier.ts';
import { openCommit } from '#src/core/journal/commit.ts';
import { openDelivery } from '#src/core/journal/delivery.ts';
import { openRows } from '#src/core/journal/delivery-rows.ts';
import { newRow } from '#src/core/journal/new-row.ts';
import { inwardId } from '#src/core/journal/owed.ts';
import { openRunningTime } from '#src/core/journal/running.ts';
import { openLog } from '#src/lib/log.ts';
import { openStore } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { tempFolder } from '../store/folder.ts';
import { MINUTE, mercutio } from './journal-world.ts';

/** So many steps of promises lie between the answer of the store and the end of a page, and some more. */
const STEPS = 12;
const log = openLog('silent');

/** Notes what it is given. */
const noting = (carried: string[]): Carrier => ({
  facts: () => ({
    confirms: 'taken',
    handedOver: true,
    charged: false,
    repeatable: true,
    expiry: MINUTE,
    tell: Number.POSITIVE_INFINITY,
    window: 10,
    wait: () => 1000,
  }),
  ready: () => true,
  carry: ({ row }) => void carried.push(row.event),
  reconcile: async () => 'not-sent',
  withdraw: () => false,
  landed: () => undefined,
  answers: () => [],
  writes: () => [],
  ended: () => undefined,
});

async function after(steps: number, work: () => void): Promise<void> {
  for (let step = 0; step < steps; step++) await undefined;
  work();
}

it.each(Array.from({ length: STEPS }, (_, steps) => steps))(
  'a row that becomes durable %d steps after its lane was read is carried',
  async (steps) => {
    using dir = tempFolder();
    const clock = handClock();
    await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
    const time = openRunningTime(store, clock, log);
    const rows = openRows({ store, commit: openCommit(store, []), time, clock, log });
    const owed = { way: 'receipt', place: mercutio, origin: {} } as never;
    const what = { way: 'in', event: inwardId('late'), place: mercutio, owed } as const;
    const carried: string[] = [];
    const row = newRow({ store, clock }, { now: 0, expiry: MINUTE }, what);
    const older = newRow({ store, clock }, { now: 0, expiry: MINUTE }, { ...what, event: inwardId('older') });
    await store.unit([store.journal.add(older, 0)]);
    const delivery = openDelivery({
      ...{ store, time, clock, log },
      carrier: () => noting(carried),
      rows: {
        ...rows,
        async claim(lane, max) {
          const found = await rows.claim(lane, max);
          if (found?.length === 1) {
            await store.unit([store.journal.add(row, await rows.owner())]);
            void after(steps, () => delivery.push(row));
          }
          return found;
        },
      },
    });
    await delivery.start();
    await vi.waitUntil(() => carried.length === 2, { timeout: 30_000, interval: 5 });
    expect(carried.toSorted()).toEqual([inwardId('late'), inwardId('older')]);
    await delivery.stop();
  },
);
