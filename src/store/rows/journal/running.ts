import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** The note that somebody works on the store: found at a start, it says that the last run was cut off. */
export type Running = {
  left(): Promise<boolean>;
  begin(): Statement;
  end(): Statement;
};

const NAME = 'running';

const left = reading((db) => db.selectFrom('sequences').select('next').where('name', '=', NAME));
const note = writing((db, a: { name: string; next: number }) =>
  db
    .insertInto('sequences')
    .values({ name: a.name, next: a.next })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((old) => ({ next: old.ref('excluded.next') }))),
);

export const running = (read: Read): Running => ({
  left: async () => (await read(left({})))[0]?.next === 1,
  begin: () => note({ name: NAME, next: 1 }),
  end: () => note({ name: NAME, next: 0 }),
});
