// Writes units into a store, 16 at a time, and says the id of each when it is acknowledged. Runs until it is killed.

import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import { openStore } from '#src/store/index.ts';
import { hasty } from './wrong-stores.ts';

const [, , url = '', how] = process.argv;
const opened = await openStore({ url, clock: systemClock, log: openLog('silent') });
const store = how === 'hasty' ? hasty(opened) : opened;
let next = 0;

async function write(): Promise<never> {
  for (;;) {
    const n = next++;
    const id = `f${n}` as ForeignId;
    await store.unit(
      store.links.add({
        event: 'load' as EventId,
        place: 'p',
        at: n,
        author: 'a',
        side: 'foreign',
        ids: [id],
        first: n,
      }),
    );
    // One who reads slowly slows this down, instead of filling its memory.
    await new Promise((written) => process.stdout.write(`${id}\n`, written));
  }
}

await Promise.all(Array.from({ length: 16 }, write));
