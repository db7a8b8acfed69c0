import type { ForeignId } from '#src/model/ids.ts';

/**
 * A stretch of an archive in which nothing is missing that the network shows: from which to which archive id, both included.
 * `older` and `newer` are what the network calls the outermost messages, where it told them.
 */
export type GaplessStretch = {
  readonly from: number;
  readonly to: number;
  readonly older?: ForeignId | undefined;
  readonly newer?: ForeignId | undefined;
};

/** What a query is about: archive ids above `low` and below `high`, read from one of these ends. */
export type Span = { readonly low: number; readonly high: number; readonly backward: boolean };

/** How far from the end at which a page begins nothing is missing. `bound` is the last id of that; `whole`: all of the span. */
export type Reach = { readonly bound: number; readonly stretch?: GaplessStretch; readonly whole: boolean };

/** Ids ascend; nothing is above the last. */
export const LAST = Number.MAX_SAFE_INTEGER;

/** With one more, joined to those that it touches: stretches never overlap. */
export function joined(stretches: readonly GaplessStretch[], added: GaplessStretch): readonly GaplessStretch[] {
  const touches = ({ from, to }: GaplessStretch): boolean => from <= added.to + 1 && to >= added.from - 1;
  const whole = stretches.filter(touches).reduce(
    (one, other): GaplessStretch => ({
      ...{ from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) },
      older: other.from < one.from ? other.older : one.older,
      newer: other.to > one.to ? other.newer : one.newer,
    }),
    added,
  );
  return [...stretches.filter((one) => !touches(one)), whole];
}

/** How far into a span the archive has all that there is. */
export function reachOf(stretches: readonly GaplessStretch[], { low, high, backward }: Span): Reach {
  if (low + 1 >= high) return { bound: backward ? high : low, whole: true };
  const first = backward ? high - 1 : low + 1;
  const stretch = stretches.find(({ from, to }) => from <= first && to >= first);
  if (!stretch) return { bound: backward ? high : low, whole: false };
  const { from, to } = stretch;
  return backward ? { bound: from, stretch, whole: from <= low + 1 } : { bound: to, stretch, whole: to >= high - 1 };
}
