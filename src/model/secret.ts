import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Sealed } from './sealed.ts';

const SECRET = 'must be text in quotes, { env: NAME } or { file: PATH }';

/** A secret: as it is, from the environment, or from a file (its last line break does not count). Never shown. */
export const secret = z
  .union([z.string(), z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })], {
    error: (issue) => (issue.input === undefined ? 'is missing' : SECRET),
  })
  .transform((value, ctx) => {
    const found = findSecret(value);
    if (found instanceof Sealed) return found;
    ctx.addIssue(found.trouble);
    return z.NEVER;
  });

function findSecret(value: string | { env: string } | { file: string }): Sealed | { trouble: string } {
  if (typeof value === 'string') return sealed(value, 'must not be empty');
  if ('file' in value) return secretOfFile(value.file);
  const text = process.env[value.env];
  if (text === undefined) return { trouble: `the environment variable ${value.env} is not set` };
  return sealed(text, `the environment variable ${value.env} is empty`);
}

function secretOfFile(path: string): Sealed | { trouble: string } {
  try {
    return sealed(readFileSync(path, 'utf8').replace(/\r?\n$/, ''), `the file ${path} is empty`);
  } catch (error) {
    return { trouble: `the file ${path} cannot be read: ${fileTrouble(error)}` };
  }
}

function sealed(text: string, trouble: string): Sealed | { trouble: string } {
  return text === '' ? { trouble } : new Sealed(text);
}

/** Why a file could not be read or made, in words. Throws what is no error of the file system. */
export function fileTrouble(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is not a directory',
    EEXIST: 'a part of the path is not a directory',
    EROFS: 'the file system can only be read',
    ENOSPC: 'there is no room left on the disk',
  };
  return words[('code' in error && String(error.code)) || ''] ?? error.message;
}
