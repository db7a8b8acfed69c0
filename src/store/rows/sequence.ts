import type { Engine } from '#src/store/engine.ts';
import { writing } from '#src/store/sql.ts';
import { StoreUnavailable } from '#src/store/unit.ts';

/** Ids taken from the store at a time. A restart skips what is left: at one a second, 2^53 lasts for centuries. */
const BLOCK = 2 ** 20;

const reserve = writing(
  (db, a: { name: string; by: number }) =>
    db
      .updateTable('sequences')
      .set((eb) => ({ next: eb('next', '+', a.by) }))
      .where('name', '=', a.name)
      .returning('next'),
  1,
);

/**
 * Hands out ascending integers at once, never one twice, not even after a kill: it takes them from blocks that the
 * store has reserved before. Throws StoreUnavailable when the store could not reserve more in time.
 */
export async function openSequence(engine: Engine, name: string): Promise<() => number> {
  const take = async () => {
    const [reserved] = await engine.write([reserve({ name, by: BLOCK })]);
    const end = Number(reserved?.rows[0]?.next);
    return { next: end - BLOCK, end };
  };
  let block = await take();
  let coming: { next: number; end: number } | undefined;
  let asked = false;
  const prepare = () => {
    asked = true;
    take().then(
      (taken) => {
        coming = taken;
      },
      // The next id asks again. Whoever writes with these ids meets the same failure.
      () => {
        asked = false;
      },
    );
  };
  return () => {
    if (!asked && block.end - block.next < BLOCK / 2) prepare();
    if (block.next === block.end) {
      if (!coming) throw new StoreUnavailable(`no ids of ${name} are left`);
      block = coming;
      coming = undefined;
      asked = false;
    }
    return block.next++;
  };
}
