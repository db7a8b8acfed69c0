// node bench/presence-day.ts: what the presence of a usual day costs the component link, against passing each change on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playDay, usualDay } from '../test/core/people/day.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-day-'));
try {
  const file = join(folder, 'store.db');
  const cost = await playDay(usualDay(), { file, users: 1, contacts: 200, check: () => undefined });
  const { stanzas, naiveStanzas, bytes, naiveBytes } = cost;
  const share = (one: number, all: number): string => `${((100 * one) / all).toFixed(1)} %`;
  process.stdout.write(`stanzas ${stanzas} of ${naiveStanzas} (${share(stanzas, naiveStanzas)})\n`);
  process.stdout.write(`bytes ${bytes} of ${naiveBytes} (${share(bytes, naiveBytes)})\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
