import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { cleanName } from '#mappings/names.ts';

/** Code points of a file's name. */
const LONGEST = 100;

/** 256 random bits as 43 characters of an address: whoever was not given it cannot fetch the file. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** The same for what has a name of its own here: it has one address, however often it comes. */
export const secretOf = (key: KeyObject, name: string): string =>
  createHmac('sha256', key).update('isthmus media\0').update(name).digest('base64url');

/** Under which the file and its row are kept: neither tells the address. Empty for what cannot be an address of ours. */
export const idOf = (secret: string): string =>
  /^[\w-]{43}$/.test(secret) ? createHash('sha256').update(secret).digest('hex') : '';

/** Many clients know what a file is by the end of its name alone. */
const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/ogg': '.ogg',
  'audio/amr': '.amr',
  'video/mp4': '.mp4',
  'video/3gpp': '.3gp',
  'video/webm': '.webm',
  'application/pdf': '.pdf',
};

/** A name for a file that is safe in an address, in a header and on the disk of whoever downloads it. */
export function fileName(name: string | undefined, type: string): string {
  const last = cleanName((name ?? '').split(/[/\\]/).at(-1) ?? '', LONGEST);
  const safe = last
    .replace(/[<>:"|?*%]/g, '_')
    .replace(/^[.\s]+/, '')
    .trim();
  return safe || (type === 'text/plain' ? 'text.txt' : `file${ENDINGS[type] ?? ''}`);
}

/** The type of a file without its parameters, `application/octet-stream` for what is none (RFC 6838 §4.2). */
export function plainType(type: string | undefined): string {
  const [essence = ''] = (type ?? '').split(';');
  const plain = essence.trim().toLowerCase();
  return /^[a-z0-9][\w!#$&^.+-]{0,63}\/[a-z0-9][\w!#$&^.+-]{0,63}$/.test(plain) ? plain : 'application/octet-stream';
}

/** The path of a link to a file of a network. */
export const lentPath = (token: string, name: string): string => `/media/lent/${token}/${encodeURIComponent(name)}`;

/** The path of a file on the public listener. */
export const mediaPath = (secret: string, name: string): string => `/media/${secret}/${encodeURIComponent(name)}`;
