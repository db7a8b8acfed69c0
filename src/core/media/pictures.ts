import { createHash } from 'node:crypto';
import type { OpenedFile } from '#src/bridge.ts';
import type { Avatar, Picture } from '#src/model/avatar.ts';

/** Opens the file of a network that is behind a link of ours; nothing for any other address. */
export type PictureSource = (url: string) => Promise<OpenedFile> | undefined;

/** SECURITY rule 2: larger pictures do not go into stanzas. In bytes. */
const MOST = 96 * 1024;

/** The picture itself; nothing where it is too large, or cannot be had. */
export async function pictureOf(avatar: Avatar, lent: PictureSource): Promise<Picture | undefined> {
  if ('data' in avatar) return isSmall(avatar.data) ? avatar : undefined;
  const opening = (avatar.size ?? 0) <= MOST ? lent(avatar.url) : undefined;
  const file = await opening?.catch(() => undefined);
  const bytes = file && (await read(file.content).catch(() => undefined));
  if (!bytes) return undefined;
  const sha1 = createHash('sha1').update(bytes).digest('hex');
  return { sha1, type: avatar.type ?? 'image/png', data: bytes.toString('base64') };
}

const isSmall = (base64: string): boolean => base64.length <= Math.ceil(MOST / 3) * 4;

/** Nothing where it has more bytes than fit. Leaving the loop cancels the stream. */
async function read(content: ReadableStream<Uint8Array>): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.byteLength;
    if (size > MOST) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
