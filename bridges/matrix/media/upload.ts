import { encryptStream } from '#bridges/matrix/crypto/attachment.ts';
import type { Homeserver, UploadFacts } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import type { Uploaded } from '#bridges/matrix/wire/files.ts';
import { sizeText } from '#mappings/files.ts';
import { mediaTexts } from '#mappings/texts/media.ts';
import type { Download, DownloadLimits, Host } from '#src/bridge.ts';
import type { Avatar } from '#src/model/avatar.ts';
import type { FileRef, Thumbnail } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Text } from '#src/model/language.ts';
import type { UploadLimit } from './upload-limit.ts';

type Content = ReadableStream<Uint8Array>;

export type SendFile = {
  readonly host: Pick<Host, 'media' | 'signal' | 'log'>;
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
  const { limit, account, file, as } = sending;
  const uploaded = await stored(sending, await opened(sending, file, { maxBytes: await limit.most(as), account }));
  const thumbnail = file.thumbnail && (await smallPicture(sending, file.thumbnail));
  return { ...uploaded, ...(thumbnail && { thumbnail }) };
}

const opened = ({ host }: SendFile, file: FileRef, limits: Omit<DownloadLimits, 'signal'>): Promise<Download> =>
  host.media.open(file, { ...limits, signal: host.signal });

async function stored(sending: SendFile, { content, name, type, size }: Download): Promise<Uploaded> {
  const about = { name, type, ...(size !== undefined && { size }) };
  if (!sending.encrypted) return { mxc: await put(sending, content, about), ...about };
  const sealed = encryptStream(content);
  // The homeserver learns neither its name nor what it is.
  const mxc = await put(sending, sealed.content, { type: 'application/octet-stream', size });
  return { mxc, encrypted: sealed.key(), ...about };
}

/** The most bytes of a small picture of a file. */
const MOST_THUMBNAIL = 1024 * 1024;

/** The small picture of a file, put beside it; nothing where it cannot be had, without which the file goes as well. */
async function smallPicture(sending: SendFile, small: Thumbnail): Promise<Uploaded | undefined> {
  const { host, account } = sending;
  try {
    const picture = pictureIn(small.url) ?? (await opened(sending, small, { maxBytes: MOST_THUMBNAIL, account }));
    if (/^image\//.test(picture.type)) return await stored(sending, picture);
    await picture.content.cancel();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.log.info({ err: error }, 'a file goes without its small picture');
  }
  return undefined;
}

/** A picture that its address holds itself (RFC 2397). */
function pictureIn(url: string): Download | undefined {
  const [, type, text = ''] = /^data:(image\/[\w.+-]+);base64,(.*)$/is.exec(url) ?? [];
  if (type === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return { content: new Blob([bytes]).stream(), size: bytes.length, name: 'thumbnail', type: type.toLowerCase() };
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

type SendPicture = Pick<SendFile, 'server' | 'as'> & { readonly host: Pick<Host, 'media' | 'signal'> };

/** Puts the picture of somebody, or of a room, into the media repository. Resolves with its address; rejects with a `Failure`. */
export async function sendPicture({ host, server, as }: SendPicture, picture: Avatar): Promise<string> {
  if ('data' in picture) return server.upload(Buffer.from(picture.data, 'base64'), { type: picture.type, as });
  const { content, type } = await host.media.open(picture, { maxBytes: MOST_PICTURE, signal: host.signal });
  return server.upload(content, { type, as });
}
