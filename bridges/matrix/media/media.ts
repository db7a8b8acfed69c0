import { createDecipheriv, createHash } from 'node:crypto';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import {
  type FileKey,
  type MatrixFile,
  type MatrixThumbnail,
  mxcOf,
  readReference,
  referenceOf,
} from '#bridges/matrix/wire/files.ts';
import type { OpenedFile } from '#src/bridge.ts';
import type { Picture } from '#src/model/avatar.ts';
import type { FileRef, Thumbnail } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Media } from '#src/model/media.ts';

const HOUR = 3_600_000;
const MOST_FILE = 1024 * 1024 * 1024;
/** The most bytes of a picture that XMPP servers carry (SECURITY rule 2). */
const MOST_PICTURE = 96 * 1024;
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Opens a file of the media repository, decrypted on the way where it is encrypted. Rejects with a `Failure`. */
export async function openMedia(server: Homeserver, reference: string): Promise<OpenedFile> {
  const { mxc, key } = readReference(reference);
  const found = mxcOf(mxc);
  if (!found) throw new Failure('item-not-found');
  const response = await server.bytes({
    method: 'GET',
    path: ['client', 'v1', 'media', 'download', found.server, found.id],
    timeout: HOUR,
    maxBytes: MOST_FILE,
  });
  if (!response.body) throw new Failure('item-not-found');
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return {
    content: key ? response.body.pipeThrough(decrypted(key)) : response.body,
    ...(Number.isSafeInteger(length) && { size: length }),
  };
}

/** How files are lent: `account` where it is for that alone, and the most milliseconds for which what is encrypted there can be had. */
export type LendingTerms = { readonly account?: AccountKey; readonly encrypted: number };

/** A file of the media repository behind a link of ours; nothing where that cannot be. */
export function lentFile(media: Pick<Media, 'lend'>, file: MatrixFile, terms: LendingTerms): FileRef | undefined {
  const { mxc: _, key: __, voice: ___, thumbnail, ...about } = file;
  try {
    const { expires: ____, ...lent } = media.lend(referenceOf(file, terms.account), {
      ...about,
      ...within(file, terms),
    });
    return { ...about, ...lent, ...(thumbnail && { thumbnail: lentThumbnail(media, thumbnail, terms) }) };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function lentThumbnail(media: Pick<Media, 'lend'>, thumbnail: MatrixThumbnail, terms: LendingTerms): Thumbnail {
  const { mxc: _, key: __, ...about } = thumbnail;
  const { type } = about;
  const meta = { ...(type !== undefined && { type }), ...within(thumbnail, terms) };
  const { url } = media.lend(referenceOf(thumbnail, terms.account), meta);
  return { ...about, url };
}

/** Whoever has the link has the key. */
const within = ({ key }: Pick<MatrixFile, 'key'>, { encrypted }: LendingTerms): { readonly atMost?: number } =>
  key ? { atMost: encrypted } : {};

/** AES-CTR with a hash of what is stored (client-server API §11.11.1.7): what does not fit it ends in an error. */
function decrypted({ key, iv, sha256 }: FileKey): TransformStream<Uint8Array, Uint8Array> {
  const cipher = createDecipheriv('aes-256-ctr', Buffer.from(key, 'base64url'), Buffer.from(iv, 'base64'));
  const hash = createHash('sha256');
  return new TransformStream({
    transform(part, out) {
      hash.update(part);
      out.enqueue(new Uint8Array(cipher.update(part)));
    },
    flush(out) {
      if (hash.digest('base64').replace(/=+$/, '') === sha256.replace(/=+$/, '')) return;
      out.error(new Failure('gone'));
    },
  });
}

/** A picture as XMPP can have it: the thumbnail of the server; nothing where there is none that is small enough. */
export async function downloadAvatar(server: Homeserver, mxc: string): Promise<Picture | undefined> {
  const found = mxcOf(mxc);
  if (!found) return undefined;
  try {
    const response = await server.bytes({
      method: 'GET',
      path: ['client', 'v1', 'media', 'thumbnail', found.server, found.id],
      query: { width: 96, height: 96, method: 'scale' },
      maxBytes: MOST_PICTURE,
    });
    const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!PICTURES.has(type) || bytes.length === 0) return undefined;
    return { type, data: bytes.toString('base64'), sha1: createHash('sha1').update(bytes).digest('hex') };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
