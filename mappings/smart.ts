import { isGsm } from './segments.ts';

/** Characters outside the GSM alphabet that have a plain twin in it. */
const TWINS: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032\u00b4`]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
  [/\u2026/g, '...'],
  [/[\u2022\u00b7]/g, '*'],
  [/\u2039/g, '<'],
  [/\u203a/g, '>'],
  [/\ufb01/g, 'fi'],
  [/\ufb02/g, 'fl'],
  [/[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' '],
  [/[\u00ad\u200b\u200e\u200f\u2060\ufeff]/g, ''],
];

/**
 * The text with typographic characters in their plain form, where that brings all of it into the GSM alphabet; else the
 * text as it is: nothing is gained by changing it then. Pure.
 */
export function smartEncode(text: string): string {
  if (isGsm(text)) return text;
  const plain = TWINS.reduce((rest, [pattern, twin]) => rest.replace(pattern, twin), text.normalize('NFC'));
  return isGsm(plain) ? plain : text;
}
