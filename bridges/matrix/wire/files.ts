import type { FileRef, Thumbnail } from '#src/model/event.ts';
import { type Content, type Json, numberOf, objectOf, textOf } from './event.ts';

/** How an encrypted file is read (client-server API §11.11.1.7): the key, the counter, and the hash of what is stored. */
export type FileKey = { readonly key: string; readonly iv: string; readonly sha256: string };

/** A file in the media repository, and what its message says of it. */
export type MatrixFile = Omit<FileRef, 'url' | 'thumbnail' | 'sha256'> & {
  readonly mxc: string;
  /** Present where it is encrypted. */
  readonly key?: FileKey;
  /** It is a message that somebody has spoken. */
  readonly voice?: boolean;
  readonly thumbnail?: MatrixThumbnail;
};

/** A small picture of a file, in the media repository as well. Width and height in pixels. */
export type MatrixThumbnail = Pick<MatrixFile, 'mxc' | 'key' | 'type' | 'width' | 'height'>;

/** A file that has been uploaded: its own address, or what it takes to read it where it was encrypted; and what it is. */
export type Uploaded = Pick<FileRef, 'name' | 'type' | 'size'> & {
  readonly mxc: string;
  readonly encrypted?: Json;
  readonly thumbnail?: Uploaded;
};

const MXC = /^mxc:\/\/((?:\[[0-9a-f:.]{2,45}\]|[A-Za-z0-9.-]{1,230})(?::\d{1,5})?)\/([A-Za-z0-9_-]{1,255})$/;

/** The server and the id of an address in a media repository; nothing for what is none. Pure. */
export function mxcOf(url: string): { readonly server: string; readonly id: string } | undefined {
  const [, server, id] = MXC.exec(url) ?? [];
  return server === undefined || id === undefined ? undefined : { server, id };
}

const FILES = new Set(['m.image', 'm.file', 'm.audio', 'm.video']);

/** The file of a message or sticker; nothing where it has none that can be fetched. */
export function fileOf({ type, content }: Content): MatrixFile | undefined {
  if (type !== 'm.sticker' && !FILES.has(textOf(content.msgtype) ?? '')) return undefined;
  const stored = storedIn(content.url, content.file);
  if (!stored) return undefined;
  const info = objectOf(content.info);
  const thumbnail = thumbnailIn(info);
  const name = textOf(content.filename) ?? textOf(content.body);
  const mimetype = textOf(info.mimetype);
  const { w, h, size } = info;
  const isSticker = type === 'm.sticker';
  const duration = numberOf(info.duration) ?? numberOf(objectOf(content['org.matrix.msc1767.audio']).duration);
  return {
    ...stored,
    ...(thumbnail && { thumbnail }),
    ...(content['org.matrix.msc3245.voice'] !== undefined && { voice: true }),
    ...(name !== undefined && { name }),
    // §11.22: its body is what it shows.
    ...(isSticker && {
      ...(name !== undefined && { description: name }),
      disposition: 'inline' as const,
      sticker: true as const,
    }),
    ...(mimetype !== undefined && { type: mimetype }),
    ...whole('size', size),
    ...whole('width', w),
    ...whole('height', h),
    ...whole('duration', duration),
  };
}

/** Where something is stored, and how it is read where it is encrypted; nothing where it cannot be fetched. */
function storedIn(url: unknown, file: unknown): Pick<MatrixFile, 'mxc' | 'key'> | undefined {
  const encrypted = objectOf(file);
  const mxc = textOf(encrypted.url) ?? textOf(url);
  if (mxc === undefined || !mxcOf(mxc)) return undefined;
  const key = keyOf(encrypted);
  return file !== undefined && !key ? undefined : { mxc, ...(key && { key }) };
}

/** §11.2.1.6: the small picture that a file's sender has put beside it. */
function thumbnailIn(info: Json): MatrixThumbnail | undefined {
  const stored = storedIn(info.thumbnail_url, info.thumbnail_file);
  const { mimetype, w, h } = objectOf(info.thumbnail_info);
  const type = textOf(mimetype);
  return stored && { ...stored, ...(type !== undefined && { type }), ...whole('width', w), ...whole('height', h) };
}

function whole<Name extends string>(name: Name, value: unknown): { readonly [N in Name]?: number } {
  const amount = Math.round(numberOf(value) ?? -1);
  return Number.isSafeInteger(amount) && amount >= 0 ? ({ [name]: amount } as { readonly [N in Name]?: number }) : {};
}

function keyOf(file: Json): FileKey | undefined {
  const [key, iv] = [textOf(objectOf(file.key).k), textOf(file.iv)];
  const sha256 = textOf(objectOf(file.hashes).sha256);
  return key === undefined || iv === undefined || sha256 === undefined ? undefined : { key, iv, sha256 };
}

/** Words beside a file: its body where that is not its name (§11.11.1.1). */
export const captionOf = (content: Json): string | undefined => {
  const [body, name] = [textOf(content.body), textOf(content.filename)];
  return name === undefined || body === undefined || body === name ? undefined : body;
};

const MSGTYPES: Readonly<Record<string, string>> = { image: 'm.image', audio: 'm.audio', video: 'm.video' };

/** The content of a message with a file, and perhaps words beside it. Audio with a duration and no words is a voice message. */
export function fileContent(claimed: FileRef, uploaded: Uploaded, caption?: string): Json {
  const { mxc, encrypted, thumbnail, ...found } = uploaded;
  const file = { ...claimed, ...found };
  const { sticker } = claimed;
  const name = file.name ?? 'file';
  const [top = ''] = (file.type ?? '').toLowerCase().split('/');
  const msgtype = Object.hasOwn(MSGTYPES, top) ? MSGTYPES[top] : 'm.file';
  const spoken = msgtype === 'm.audio' && file.duration !== undefined && caption === undefined;
  return {
    ...(sticker ? { body: claimed.description ?? name } : { msgtype, body: caption ?? name, filename: name }),
    ...(encrypted ? { file: { ...encrypted, url: mxc } } : { url: mxc }),
    info: {
      ...pictureInfo(file),
      ...(file.duration !== undefined && { duration: Math.round(file.duration) }),
      ...(thumbnail && thumbnailContent(thumbnail, claimed.thumbnail)),
    },
    ...(spoken && {
      'org.matrix.msc3245.voice': {},
      'org.matrix.msc1767.audio': { duration: Math.round(file.duration ?? 0) },
    }),
  };
}

const pictureInfo = ({ type, size, width, height }: Pick<FileRef, 'type' | 'size' | 'width' | 'height'>): Json => ({
  ...(type !== undefined && { mimetype: type }),
  ...(size !== undefined && { size }),
  ...(width !== undefined && { w: width }),
  ...(height !== undefined && { h: height }),
});

/** §11.2.1.6: the small picture beside a file. */
const thumbnailContent = ({ mxc, encrypted, ...found }: Uploaded, claimed: Partial<Thumbnail> = {}): Json => ({
  ...(encrypted ? { thumbnail_file: { ...encrypted, url: mxc } } : { thumbnail_url: mxc }),
  thumbnail_info: pictureInfo({ ...claimed, ...found }),
});

/** What a link that is lent carries of a file. It is read by `readReference`. */
export const referenceOf = ({ mxc, key }: Pick<MatrixFile, 'mxc' | 'key'>, user = ''): string =>
  JSON.stringify([mxc, user, ...(key ? [key.key, key.iv, key.sha256] : [])]);

/** A reference taken apart: the file, and by whose rights it is fetched (an account's user, or nobody's in particular). */
export function readReference(reference: string): {
  readonly mxc: string;
  readonly user: string;
  readonly key?: FileKey;
} {
  const [mxc = '', user = '', key, iv, sha256] = JSON.parse(reference) as string[];
  return {
    mxc,
    user,
    ...(key !== undefined && iv !== undefined && sha256 !== undefined && { key: { key, iv, sha256 } }),
  };
}
