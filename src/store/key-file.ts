import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fileTrouble } from '#src/model/secret.ts';
import { KEY_BYTES, type SealKey, sealKey } from './seal.ts';
import { StoreRefused } from './unit.ts';

/** Where the key is: a file, made at the first start, or the text itself, as from the environment. */
export type KeySource = { readonly file: string } | { readonly text: string };

/**
 * The key that seals secrets at rest, 64 hexadecimal digits. Makes the file with the mode 0400 when there is none.
 * Throws StoreRefused for a file that others may read, and for anything that is not a key.
 */
export function openKey(source: KeySource): SealKey {
  if ('text' in source) return parse(source.text, 'the key given');
  try {
    if (!existsSync(source.file)) createKey(source.file);
    return readKey(source.file);
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(`the key ${source.file} cannot be read or made: ${fileTrouble(error)}`);
  }
}

/**
 * Written elsewhere and linked to its name: a process that is killed on the way leaves no half key. Link fails where
 * the name is taken, so that a key that is there is never lost.
 */
function createKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const opened = openSync(draft, 'wx', 0o400);
  try {
    writeFileSync(opened, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    fsyncSync(opened);
    linkSync(draft, file);
  } catch (error) {
    // Another process was faster: its key is the key.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    closeSync(opened);
    unlinkSync(draft);
  }
}

function readKey(file: string): SealKey {
  const opened = openSync(file, 'r');
  try {
    const { mode } = fstatSync(opened);
    if ((mode & 0o077) !== 0) {
      const rights = (mode & 0o777).toString(8).padStart(4, '0');
      throw new StoreRefused(`${file}: others may read the key (mode ${rights}), chmod it to 0400`);
    }
    return parse(readFileSync(opened, 'utf8'), file);
  } finally {
    closeSync(opened);
  }
}

function parse(text: string, what: string): SealKey {
  const digits = text.trim();
  if (!/^[0-9a-f]*$/i.test(digits) || digits.length !== 2 * KEY_BYTES) {
    throw new StoreRefused(`${what}: a key is ${2 * KEY_BYTES} hexadecimal digits`);
  }
  return sealKey(Buffer.from(digits, 'hex'));
}
