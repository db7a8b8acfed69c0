import { sizeText } from '#mappings/files.ts';
import { mediaTexts } from '#mappings/texts/media.ts';
import type { Host } from '#src/bridge.ts';
import type { Avatar } from '#src/model/avatar.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Text } from '#src/model/language.ts';
import { encryptStream } from './crypto/attachment.ts';
import type { Homeserver, UploadFacts } from './homeserver.ts';
import { texts } from './texts.ts';
import type { UploadLimit } from './upload-limit.ts';
import type { Uploaded } from './wire/files.ts';

type Content = ReadableStream<Uint8Array>;

export type SendFile = {
  readonly host: Pick<Host, 'media' | 'signal'>;
  readonly server: Homeserver;
  readonly limit: UploadLimit;
  readonly account: AccountKey;
  readonly file: FileRef;
  /** The user in whose name it is put there, where the token may act for several. */
  readonly as?: string;
  readonly encrypted?: boolean;
};

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

async function pass(sending: SendFile): Promise<Uploaded> {
  const { host, limit, account, file, as, encrypted } = sending;
  const { signal } = host;
  const { content, name, type, size } = await host.media.open(file, {
    ...{ maxBytes: await limit.most(as), signal, account },
  });
  const about = { name, type, ...(size !== undefined && { size }) };
  if (!encrypted) return { mxc: await put(sending, content, about), ...about };
  const sealed = encryptStream(content);
  // The homeserver learns neither its name nor what it is.
  const mxc = await put(sending, sealed.content, { type: 'application/octet-stream', size });
  return { mxc, encrypted: sealed.key(), ...about };
}

async function put({ server, limit, as }: SendFile, content: Content, about: UploadFacts): Promise<string> {
  try {
    return await server.upload(content, { ...about, as });
  } catch (error) {
    const isUnexplained = error instanceof Failure && error.code === 'too-large' && error.words === error.row.text;
    if (!isUnexplained) throw error;
    // It takes less than it said, or a proxy before it does.
    limit.forget();
    throw new Failure('too-large', { text: tooLarge(about.size, await limit.most(as)), ...foreignOf(error) });
  }
}

/** What its sender is told: the limit, where that explains it. */
const tooLarge = (size: number | undefined, most: number): Text =>
  size === undefined || size <= most ? texts.fileRefused : mediaTexts.tooLarge(sizeText(most));

const foreignOf = ({ foreign }: Failure): { readonly foreign?: string } => (foreign === undefined ? {} : { foreign });

/** The most bytes of a picture of somebody, or of a room. */
const MOST_PICTURE = 8 * 1024 * 1024;

/** Puts the picture of somebody, or of a room, into the media repository. Resolves with its address; rejects with a `Failure`. */
export async function sendPicture(
  { host, server, as }: Omit<SendFile, 'file' | 'account' | 'limit' | 'encrypted'>,
  picture: Avatar,
): Promise<string> {
  if ('data' in picture) return server.upload(Buffer.from(picture.data, 'base64'), { type: picture.type, as });
  const { content, type } = await host.media.open(picture, { maxBytes: MOST_PICTURE, signal: host.signal });
  return server.upload(content, { type, as });
}
