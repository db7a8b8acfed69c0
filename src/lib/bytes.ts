import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  kib: 1024,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};

/** A size such as `256KiB`, `50MB` or a plain number of bytes, in bytes; undefined when it is none. */
export function bytes(text: string | number): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(text).trim());
  const unit = UNITS[(found?.[2] || 'b').toLowerCase()];
  if (!found || unit === undefined) return undefined;
  const size = Math.round(Number(found[1]) * unit);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** A config field that takes a size between two sizes, both included, and yields bytes. */
export function bytesBetween(least: string, most: string) {
  const [low, high] = [bytes(least) ?? 0, bytes(most) ?? Number.MAX_SAFE_INTEGER];
  return z.union([z.string(), z.number()], { error: (issue) => trouble(issue.input) }).transform((value, ctx) => {
    const size = bytes(value);
    if (size !== undefined && size >= low && size <= high) return size;
    ctx.addIssue(size === undefined ? trouble(value) : `must be from ${least} to ${most}`);
    return z.NEVER;
  });
}

function trouble(input: unknown): string {
  return input === undefined ? 'is missing' : 'must be a size such as 256KiB, 50MB or a number of bytes';
}
