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

/** What the end of a name says, where nothing else does: many clients send nothing but an address. */
const ENDINGS: Readonly<Record<string, FileType>> = Object.fromEntries([
  ...'png jpg jpeg gif webp avif heic bmp'.split(' ').map((end) => [end, 'image'] as const),
  ...'mp3 m4a aac ogg oga opus wav flac amr'.split(' ').map((end) => [end, 'audio'] as const),
  ...'mp4 m4v mov webm ogv 3gp mkv'.split(' ').map((end) => [end, 'video'] as const),
]);

/** The coarse type of a file. */
export function fileType({ type, name, url }: FileRef): FileType {
  if (type === undefined) return ENDINGS[endingOf(name ?? URL.parse(url)?.pathname ?? '')] ?? 'other';
  const [top = ''] = type.toLowerCase().split('/');
  return top === 'image' || top === 'audio' || top === 'video' ? top : 'other';
}

const endingOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1).toLowerCase();

/** An address as one word: what would end it or break a line is percent-encoded. */
export const urlText = (url: string): string =>
  url.toWellFormed().replace(/[\s\p{Cc}\p{Cf}\p{Z}"<>]/gu, (char) => encodeURIComponent(char));

/** A file as text: its address, then name and size as far as they are known. One line. */
export function fileText({ url, name, size }: FileRef): string {
  const facts = [name === undefined ? '' : cleanName(name), size === undefined ? '' : sizeText(size)];
  const known = facts.filter((fact) => fact !== '').join(', ');
  return known === '' ? urlText(url) : `${urlText(url)} (${known})`;
}
