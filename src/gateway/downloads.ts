import { createHash } from 'node:crypto';
import { fileType, sizeText } from '#mappings/files.ts';
import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Download, DownloadLimits, Media } from '#src/bridge.ts';
import type { Lending } from '#src/core/media/lending.ts';
import type { Shelf } from '#src/core/media/media.ts';
import { fileName, plainType } from '#src/core/media/media-names.ts';
import type { Fetch } from '#src/lib/http/fetch.ts';
import type { Log } from '#src/lib/log.ts';
import { ConnectError } from '#src/lib/net.ts';
import { openPlaces } from '#src/lib/places.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';

export type DownloadParts = {
  readonly fetch: Fetch;
  readonly log: Pick<Log, 'warn'>;
  /** Files that one user may have open at a time. */
  readonly each: number;
  /** Hosts with their ports, as `URL.host` has them, that are fetched from whatever address they have. */
  readonly uploadHosts: readonly string[];
  /** Where our own links begin, without a slash at its end; absent where there are none. */
  readonly publicUrl?: string | undefined;
  readonly shelf?: Shelf | undefined;
  readonly lending?: Lending | undefined;
};

/** Milliseconds in which a file has to be here, where the operator has named its host. */
const TIME = 10 * 60_000;
/** Files that are open at a time, for all together (SECURITY rule 11). */
const MOST = 1000;
/** Hosts of which it is remembered that the log has them. */
const LOGGED = 100;

type Content = ReadableStream<Uint8Array>;
type Found = { content: Content; size?: number | undefined; type: string; name?: string };

/** Opens the files of events for bridges: our own where they are kept, the others by the guarded fetch (SECURITY rule 8). */
export function openDownloads(parts: DownloadParts): Media['open'] {
  const places = openPlaces({ each: parts.each, all: MOST });
  const logged = openRecent<true>(LOGGED);

  /** Those who run the gateway are told once of a host at which users have files, and from which none may be fetched. */
  function note(url: string): void {
    const { host } = new URL(url);
    if (logged.get(host)) return;
    logged.set(host, true);
    parts.log.warn({ host }, CLOSED);
  }

  return async (file, limits) => {
    const done = places.take(limits.account);
    if (!done) throw new Failure('too-fast', { text: texts.tooMany });
    try {
      const { content, ...known } = await opened(parts, file, limits);
      return { content: checked(content, { file, limits, done }), ...known };
    } catch (error) {
      done();
      if (isClosed(error)) note(file.url);
      throw error;
    }
  };
}

async function opened(parts: DownloadParts, file: FileRef, limits: DownloadLimits): Promise<Download> {
  const found = await find(parts, file, limits).catch((error: unknown) => {
    throw explained(error, limits);
  });
  const type = typeOf(file, found.type);
  if (type === undefined || (found.size ?? 0) > limits.maxBytes) {
    await found.content.cancel().catch(() => undefined);
    throw type === undefined ? new Failure('not-acceptable', { text: texts.otherType }) : tooLarge(limits);
  }
  const { size } = found;
  return {
    content: found.content,
    ...(size !== undefined && { size }),
    type,
    name: fileName(file.name ?? found.name ?? lastOf(file.url), type),
  };
}

async function find(parts: DownloadParts, file: FileRef, limits: DownloadLimits): Promise<Found> {
  const { publicUrl } = parts;
  const own = publicUrl !== undefined && file.url.startsWith(`${publicUrl}/media/`);
  return own ? findOwn(parts, file.url.slice(publicUrl.length)) : download(parts, file.url, limits);
}

async function findOwn({ shelf, lending }: DownloadParts, path: string): Promise<Found> {
  const [, isLent, secret = ''] = /^\/media\/(lent\/)?([\w-]+)\//.exec(path) ?? [];
  const file = isLent ? lending?.find(secret) : await shelf?.open(secret);
  if (file?.kind === 'lent') return { ...(await file.open(undefined)), type: file.type, name: file.name };
  if (file?.kind !== 'file') throw new Failure('item-not-found', { text: texts.notThere });
  const { name, type, size } = file;
  const content = size === 0 ? new Blob([]).stream() : await file.read(0, size - 1);
  return { content, size, type, name };
}

async function download(parts: DownloadParts, url: string, { maxBytes, signal }: DownloadLimits): Promise<Found> {
  const named = parts.uploadHosts.includes(URL.parse(url)?.host ?? '');
  const answer = await parts.fetch(url, {
    ...{ maxBytes, timeout: TIME },
    ...(named && { namedBy: 'operator' }),
    ...(signal && { signal }),
  });
  const { body, headers, status } = answer;
  if (!answer.ok || !body) {
    await body?.cancel().catch(() => undefined);
    const later = status === 429 || status >= 500;
    throw new Failure(later ? 'remote-server-timeout' : 'item-not-found', { text: texts.notThere });
  }
  const length = headers.get('content-length');
  return { content: body, type: plainType(headers.get('content-type') ?? ''), ...(length && { size: Number(length) }) };
}

/** What a file is: what its server says, or its sender where that says nothing. Nothing where it is plainly another. */
function typeOf({ url, name, type: claimed }: FileRef, found: string): string | undefined {
  const wanted = fileType({
    url,
    ...(name !== undefined && { name }),
    ...(claimed !== undefined && { type: claimed }),
  });
  if (found === 'application/octet-stream') return plainType(claimed);
  const kind = fileType({ url, type: found });
  // RFC 5334 §10.1: sound and moving pictures share containers.
  const isStream = kind === 'audio' || kind === 'video' || found === 'application/ogg';
  const fits = wanted === 'other' || (wanted === 'image' ? kind === 'image' : isStream);
  return fits ? found : undefined;
}

type Reading = { readonly file: FileRef; readonly limits: DownloadLimits; done(): void };

/** The bytes as they come. The last of them are only given once all are what their sender says that they are. */
function checked(content: Content, { file: { sha256 }, limits, done }: Reading): Content {
  const reader = content.getReader();
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  let held: Uint8Array | undefined;

  /** The chunk before the next one; nothing at the end. */
  async function next(): Promise<Uint8Array | undefined> {
    for (let last = held; ; last = held) {
      const { value } = await reader.read();
      held = value;
      size += value?.byteLength ?? 0;
      if (size > limits.maxBytes) throw tooLarge(limits);
      if (value) hash?.update(value);
      else if (hash && hash.digest('hex') !== sha256?.toLowerCase())
        throw new Failure('not-acceptable', { text: texts.otherBytes });
      if (last || !value) return last;
    }
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const chunk = await next();
      if (chunk) controller.enqueue(chunk);
      if (held) return;
      controller.close();
      done();
    } catch (error) {
      done();
      await reader.cancel().catch(() => undefined);
      throw explained(error, limits);
    }
  }
  const cancel = (reason: unknown): Promise<void> => {
    done();
    return reader.cancel(reason);
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}

const tooLarge = ({ maxBytes }: DownloadLimits): Failure =>
  new Failure('too-large', { text: texts.tooLarge(sizeText(maxBytes)) });

/** What its sender is told, in whose words a refusal of the fetch is not written. */
function explained(error: unknown, limits: DownloadLimits): unknown {
  if (!(error instanceof Failure) || error.words !== error.message) return error;
  if (error.code === 'too-large') return tooLarge(limits);
  return new Failure(error.code, { text: isClosed(error) ? texts.closed : texts.notFetched, cause: error });
}

/** Whether the guard has kept us from going where a file is said to be. */
function isClosed(error: unknown): boolean {
  if (error instanceof ConnectError) return error.reason === 'forbidden';
  return error instanceof Error && error.cause !== undefined && isClosed(error.cause);
}

const CLOSED =
  'a user has a file at an address that is not public: name the host in xmpp.upload_hosts if it is the upload service of the XMPP server';

function lastOf(url: string): string {
  const last = URL.parse(url)?.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch (error) {
    if (error instanceof URIError) return last;
    throw error;
  }
}
