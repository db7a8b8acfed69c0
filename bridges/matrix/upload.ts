import type { Host } from '#src/bridge.ts';
import type { Avatar } from '#src/model/avatar.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { encryptStream } from './crypto/attachment.ts';
import type { Homeserver } from './homeserver.ts';
import type { Uploaded } from './wire/files.ts';

export type SendFile = {
  readonly host: Pick<Host, 'media' | 'signal'>;
  readonly server: Homeserver;
  readonly account: AccountKey;
  readonly file: FileRef;
  /** The user in whose name it is put there, where the token may act for several. */
  readonly as?: string;
  readonly encrypted?: boolean;
};

/** The most bytes of a file that is passed on. */
const MOST_FILE = 1024 * 1024 * 1024;

/**
 * Passes a file on to the media repository as a stream, encrypted on the way where its room is. Rejects with a `Failure`,
 * which is certain: no message tells of it.
 */
export async function sendFile(sending: SendFile): Promise<Uploaded> {
  try {
    return await pass(sending);
  } catch (error) {
    if (!(error instanceof Failure) || error.certain) throw error;
    throw new Failure(error.code, { text: error.words, cause: error });
  }
}

async function pass({ host, server, account, file, as, encrypted }: SendFile): Promise<Uploaded> {
  const { signal } = host;
  const { content, name, type, size } = await host.media.open(file, { maxBytes: MOST_FILE, signal, account });
  const about = { name, type, ...(size !== undefined && { size }) };
  if (!encrypted) return { mxc: await server.upload(content, { ...about, as }), ...about };
  const sealed = encryptStream(content);
  // The homeserver learns neither its name nor what it is.
  const mxc = await server.upload(sealed.content, { type: 'application/octet-stream', size, as });
  return { mxc, encrypted: sealed.key(), ...about };
}

/** The most bytes of a picture of somebody, or of a room. */
const MOST_PICTURE = 8 * 1024 * 1024;

/** Puts the picture of somebody, or of a room, into the media repository. Resolves with its address; rejects with a `Failure`. */
export async function sendPicture(
  { host, server, as }: Omit<SendFile, 'file' | 'account' | 'encrypted'>,
  picture: Avatar,
): Promise<string> {
  if ('data' in picture) return server.upload(Buffer.from(picture.data, 'base64'), { type: picture.type, as });
  const { content, type } = await host.media.open(picture, { maxBytes: MOST_PICTURE, signal: host.signal });
  return server.upload(content, { type, as });
}
