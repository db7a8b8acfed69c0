import { windowOf } from '#mappings/combine.ts';
import { degrade as carried } from '#mappings/degrade.ts';
import { type LongText, longText } from '#src/core/media/long-texts.ts';
import type { MediaStore } from '#src/core/media/media.ts';
import type { Context } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import type { Reference } from './resolve.ts';
import type { Side } from './tables.ts';

/** Where long texts go whole; absent where the operator keeps no files. */
export type DegradeContext = { readonly media: Pick<MediaStore, 'reserve' | 'fill'> | undefined };

/**
 * The pieces of a draft, its text where one of them may tell of a link to all of it, and the other side's ids of what
 * those pieces are about that still refer to something.
 */
export type Degraded = {
  readonly pieces: readonly Draft[];
  readonly long: LongText | undefined;
  readonly ids: Reference['ids'];
  /** How long it may be held back for the next of its kind, in milliseconds. */
  readonly window: number;
  readonly previous: string | undefined;
};

/** Decides what a side carries of a draft. Nothing is written. Throws a `Failure` for what the tables refuse. */
export function degrade(
  { media }: DegradeContext,
  draft: Draft,
  { target, chosen, language }: Side,
  { ids, context }: Reference,
): Degraded {
  const long = longText(draft, target.text.pieces, media);
  const told: { -readonly [K in keyof Context]: Context[K] } = { ...context, chosen, ...(ids && { named: true }) };
  if (language) told.language = language;
  if (long) told.whole = long.whole;
  const pieces = carried(draft, target, told);
  return { pieces, long, ids, window: windowOf(draft, target), previous: context.previous };
}
