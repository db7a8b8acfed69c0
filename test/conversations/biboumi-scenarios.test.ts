import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/biboumi-scenarios.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));

describe('the page on the scenarios of biboumi', () => {
  it('has all of them', () => {
    const numbers = rows.flatMap(
      (row) => /^\| (\d+) \| \w+ \| (?:the same|other words|otherwise) \|/.exec(row)?.[1] ?? [],
    );
    expect(numbers).toEqual(Array.from({ length: 85 }, (_, index) => String(index + 1)));
  });

  it('names what shows each of them', () => {
    const named = rows.flatMap((row) =>
      [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    const missing = named.filter((name = '') =>
      name.endsWith('.ts')
        ? !existsSync(join(root, name))
        : !existsSync(join(import.meta.dirname, 'irc', `${name}.txt`)),
    );
    expect(missing).toEqual([]);
  });
});
