import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, it } from 'vitest';
import { play } from './play.ts';
import { readScript } from './script.ts';

/** Networks whose conversations are so many that a file of their own plays them. */
export const LARGE = ['irc', 'invented'];

/** Plays the conversations of the networks that fit. */
export function playGolden(fits: (network: string) => boolean): void {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt') && !name.includes('setting-') && fits(name.split(sep)[0] ?? ''))
    .map((name) => join(import.meta.dirname, name))
    .sort();

  describe('golden conversations', () => {
    it.each(files.map((file) => ({ file, script: readScript(file), name: relative(import.meta.dirname, file) })))(
      '$name: $script.title',
      ({ script }) => play(script),
    );
  });
}
