import { expect, it } from 'vitest';
import type { Log } from '#src/lib/log.ts';
import { openBatch } from '#src/store/batch.ts';
import { type Statement, StoreUnavailable } from '#src/store/index.ts';
import { eventually } from '../patience.ts';

it('loses of rows that are written together only the one that cannot be stored', async () => {
  const written: string[] = [];
  const lost: unknown[] = [];
  const batch = openBatch<string>({
    store: {
      async unit(statements) {
        const rows = statements as unknown as string[];
        if (rows.some((row) => row.includes('\0'))) throw new TypeError('parameter 0 (string) cannot be stored');
        written.push(...rows);
        return [];
      },
    },
    log: { error: (about: unknown) => lost.push(about) } as unknown as Log,
    what: 'rows',
    statements: (rows) => rows as unknown as Statement[],
  });
  for (const row of ['a', 'b', 'c\0', 'd', 'e']) batch.put(row);
  await batch.flush();
  expect(written).toEqual(['a', 'b', 'd', 'e']);
  expect(lost).toHaveLength(1);
});

it('writes rows that are written by themselves once the store that was away is back, in their order', async () => {
  const units: string[][] = [];
  let away = true;
  const batch = openBatch<string>({
    store: {
      async unit(statements) {
        if (away) throw new StoreUnavailable('it is locked');
        units.push([...statements] as unknown as string[]);
        return [];
      },
    },
    log: { error: () => undefined } as unknown as Log,
    what: 'rows',
    statements: (rows) => rows as unknown as Statement[],
  });
  for (const row of ['a', 'b']) batch.put(row);
  await batch.flush();
  batch.put('c');
  await batch.flush();
  expect(units).toEqual([]);
  away = false;
  await eventually(() => expect(units.flat()).toEqual(['a', 'b', 'c']));
});
