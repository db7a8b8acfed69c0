import type { FileType } from '#src/model/capabilities.ts';
import type { FileRef } from '#src/model/event.ts';
import { cleanName } from './names.ts';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size in bytes as people read it: `1.2 MB`. */
export function sizeText(bytes: number): string {
  let amount = Math.max(0, bytes);
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

/** The coarse type of a file. */
export function fileType({ type = '' }: FileRef): FileType {
  const [top = ''] = type.toLowerCase().split('/');
  return top === 'image' || top === 'audio' || top === 'video' ? top : 'other';
}

/** An address as one word: what would end it or break a line is percent-encoded. */
export const urlText = (url: string): string =>
  url.toWellFormed().replace(/[\s\p{Cc}\p{Cf}\p{Z}"<>]/gu, (char) => encodeURIComponent(char));

/** A file as text: its address, then name and size as far as they are known. One line. */
export function fileText({ url, name, size }: FileRef): string {
  const facts = [name === undefined ? '' : cleanName(name), size === undefined ? '' : sizeText(size)];
  const known = facts.filter((fact) => fact !== '').join(', ');
  return known === '' ? urlText(url) : `${urlText(url)} (${known})`;
}
