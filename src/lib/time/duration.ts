import { z } from 'zod';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/;

/**
 * Milliseconds of `'90s'`, `'5m'`, `'2h'`, `'30d'`, `'250ms'` or a number of seconds.
 * Returns `undefined` for what is no duration.
 */
export function duration(value: string | number): number | undefined {
  const match = PATTERN.exec(String(value).trim());
  if (!match) return undefined;
  const unit = (match[2] ?? 's') as keyof typeof UNITS;
  return Math.round(Number(match[1]) * UNITS[unit]);
}

/** As it is written in a config file, in the largest unit that has no fraction. */
function written(ms: number): string {
  const [unit = 'ms', size = 1] = Object.entries(UNITS).findLast(([, size]) => ms >= size && ms % size === 0) ?? [];
  return `${ms / size}${unit}`;
}

const wrong = 'must be a duration such as 90s, 5m, 2h or 30d, or a number of seconds';

/** A duration in a config file; the parsed value is milliseconds. `least` and `most` are milliseconds too. */
export const durationSchema = (least: number, most: number) =>
  z.union([z.string(), z.number()], wrong).transform((value, context): number => {
    const ms = duration(value);
    if (ms !== undefined && ms >= least && ms <= most) return ms;
    const message = ms === undefined ? wrong : `must be between ${written(least)} and ${written(most)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** The same, or `off`, which is 0. */
export const durationOrOff = (least: number, most: number) =>
  z.union([z.literal('off').transform(() => 0), durationSchema(least, most)], {
    error: `must be 'off' or a duration between ${written(least)} and ${written(most)}`,
  });
