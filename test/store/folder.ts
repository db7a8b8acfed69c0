import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder, gone at the end of its scope. */
export function tempFolder(): Disposable & { file(name: string): string } {
  const dir = mkdtempSync(join(tmpdir(), 'isthmus-store-'));
  return {
    file: (name) => join(dir, name),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
