import { xmlChars } from '#src/model/text.ts';
import { split } from './split.ts';

/**
 * What could make a name look like another or turn the text around it: bidirectional marks and overrides (UAX #9 §2),
 * invisible spaces and operators, soft hyphens. Joiners stay, because scripts and emoji need them.
 */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/g;

/** The text without characters that are not seen but change what is. Line breaks and tabs stay. */
export const withoutInvisible = (text: string): string => xmlChars(text).replace(INVISIBLE, '');

/** A name as one line without control characters, at most `limit` code points long. May be empty. */
export function cleanName(name: string, limit = 64): string {
  const line = withoutInvisible(name)
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return (split(line, limit, 'characters')[0] ?? '').trim();
}

/** Code points of a name that people are shown. */
const SHOWN = 128;

/** A name as it is kept and shown: clients have one line for it, and no stanza has to fail for the rest of it. */
export const shownName = (name: string): string => cleanName(name, SHOWN);

/** The name with letters in their plain form: `José` becomes `Jose`. For networks whose names are ASCII. */
export const plainLetters = (name: string): string => name.normalize('NFKD').replace(/\p{M}/gu, '');
