import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'vitest';
import { play } from './play.ts';
import { readScript } from './script.ts';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt') && !name.includes('setting-'))
  .map((name) => join(import.meta.dirname, name))
  .sort();

describe('golden conversations', () => {
  it.each(files.map((file) => ({ file, script: readScript(file), name: relative(import.meta.dirname, file) })))(
    '$name: $script.title',
    ({ script }) => play(script),
  );
});
