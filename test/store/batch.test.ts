import { expect, it } from 'vitest';
import type { Log } from '#src/lib/log.ts';
import { openBatch } from '#src/store/batch.ts';
import type { Statement } from '#src/store/index.ts';

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
