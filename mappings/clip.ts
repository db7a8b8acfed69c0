import type { Target, TextLimits } from '#src/model/capabilities.ts';
import type { Draft, EventKind, FileRef } from '#src/model/event.ts';
import { measure, split } from './split.ts';

type Unit = TextLimits['unit'];

/** The words of each kind that stand beside what is said. */
const BESIDE: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
  message: ['subject', 'spoiler'],
  retract: ['reason'],
  topic: ['text'],
  room: ['text'],
  occupant: ['reason'],
  presence: ['status'],
  contact: ['reason'],
  invite: ['reason'],
  nick: ['status'],
};

/** Code points of the name of a file, and letters of what it is (RFC 6838 §4.2: two names of 127). */
const LONGEST_NAME = 255;
const LONGEST_TYPE = 255;
/** What an element of a list takes beside its words. */
const ELEMENT = 128;

/**
 * A draft that fits a target whatever stands beside its text: somebody else has chosen it, and without the rest of it nobody there would
 * hear of the event. The same draft where it does. Pure.
 */
export function clipped(draft: Draft, { text: { aside, unit } }: Pick<Target, 'text'>): Draft {
  if (aside === undefined) return draft;
  let given = draft;
  for (const field of BESIDE[draft.kind] ?? []) {
    const words = (given as unknown as Readonly<Record<string, unknown>>)[field];
    const cut = typeof words === 'string' ? beginning(words, aside, unit) : words;
    if (cut !== words) given = { ...given, [field]: cut };
  }
  if (given.kind === 'reaction') return fitting(given, 'emoji', given.emoji, aside, unit);
  if (given.kind !== 'message') return given;
  if (given.mentions) given = fitting(given, 'mentions', given.mentions, aside, unit);
  return given.files?.some((file) => named(file) !== file) ? { ...given, files: given.files.map(named) } : given;
}

/** The beginning of words that are too long, with a mark where something is missing. */
function beginning(words: string, size: number, unit: Unit): string {
  if (measure(words, unit) <= size) return words;
  const [first = ''] = split(words, size - ELEMENT, unit);
  return `${first.trimEnd()}…`;
}

/** A draft with as many of a list's elements as fit. */
function fitting<D extends Draft>(draft: D, field: string, list: readonly string[], size: number, unit: Unit): D {
  let sum = 0;
  const found = list.findIndex((one) => (sum += ELEMENT + measure(one, unit)) > size);
  return found < 0 ? draft : { ...draft, [field]: list.slice(0, found) };
}

/** A file whose name and type are such. */
function named(file: FileRef): FileRef {
  const { name, type, ...rest } = file;
  const isLong = name !== undefined && measure(name, 'characters') > LONGEST_NAME;
  const isOdd = type !== undefined && type.length > LONGEST_TYPE;
  if (!isLong && !isOdd) return file;
  const short = isLong ? split(name, LONGEST_NAME, 'characters')[0] : name;
  return { ...rest, ...(short !== undefined && { name: short }), ...(type !== undefined && !isOdd && { type }) };
}
