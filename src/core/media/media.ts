import type { KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Media } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import {
  GuardFailed,
  type Kept,
  keepFile,
  type MediaFile,
  prepareFolder,
  removeFile,
  type Store,
} from '#src/store/index.ts';
import { fileName, idOf, mediaPath, newSecret, plainType, secretOf } from './media-names.ts';

/** A file as the web serves it. */
export type KeptFile = {
  readonly kind: 'file';
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Its bytes from `start` to `end`, both included. Rejects where the file has just been removed. */
  read(start: number, end: number): Promise<ReadableStream<Uint8Array>>;
};

/** What the web asks for: a file, one that has expired, or nothing. */
export type Shelf = { open(secret: string): Promise<KeptFile | { readonly kind: 'expired' } | undefined> };

/** An address under which something can be put later. `expires` is in milliseconds since 1970. */
export type Spot = { readonly secret: string; readonly url: string; readonly expires: number };

/** The files of the gateway. */
export type MediaStore = Pick<Media, 'put' | 'hold'> &
  Shelf & {
    /**
     * An address for a file of that name, before anybody knows whether it is needed. Nothing is written. What is the same by
     * `of`, as when its message comes again, has the same.
     */
    reserve(name: string, of?: string): Spot;
    /** Puts a file where it was reserved, unless it is there. Rejects with a `Failure` as `put` does. */
    fill(spot: Spot, content: Content, of: { readonly account: AccountKey; readonly type: string }): Promise<void>;
    /** Lets all files of an account expire, and removes them. */
    forget(account: AccountKey): Promise<void>;
    /** Removes what has expired. Resolves when nothing old is left, or with the stop. */
    prune(): Promise<void>;
    /** No more pruning from now on. */
    stop(): void;
  };

/** A file that is whole: size in bytes. */
export type PutFile = Required<Pick<FileRef, 'name' | 'type' | 'size'>>;

/**
 * Puts a file of an account where its user keeps theirs, and resolves with its address there; nothing where there is no
 * such place. Rejects where that fails.
 */
export type Upload = (
  account: AccountKey,
  file: PutFile,
  read: () => Promise<ReadableStream<Uint8Array>>,
) => Promise<string | undefined>;

export type MediaParts = {
  readonly dir: string;
  /** Bytes of one file, of all files of an account, and of all files. */
  readonly maxSize: number;
  readonly quota: number;
  readonly total: number;
  /** Milliseconds. */
  readonly retention: number;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Absent where all files stay here. */
  readonly upload?: Upload | undefined;
  /** Addresses of what has a name of its own follow from it. */
  readonly key: KeyObject;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
};

/** How long a file is held that is nobody's yet, in milliseconds. */
const HELD = 3_600_000;
/** Files and rows that are removed between two looks at whether to stop. */
const CHUNK = 100;
/** How long it is told that a file has expired, after which its address is unknown, in milliseconds. */
const REMEMBERED = 90 * 86_400_000;

type What = { readonly secret: string; readonly name: string; readonly type: string; readonly account: string };

/** Opens the files below a folder, which is made where it is missing, and removes what a crash has left half-written. */
export async function openMedia(parts: MediaParts): Promise<MediaStore> {
  const { dir, store, clock } = parts;
  const pathOf = (id: string) => join(dir, id);
  let stopped = false;
  await prepareFolder(dir, async (id) => (await store.media.get(id)) !== undefined);

  const urlOf = (secret: string, name: string) => parts.publicUrl + mediaPath(secret, name);
  const expiry = () => clock.now() + parts.retention;

  async function keep(content: Content, { secret, name, type, account }: What, expires: number): Promise<Kept> {
    const id = idOf(secret);
    const kept = await keepFile({ path: pathOf(id), content, most: parts.maxSize, log: parts.log });
    await record({ id, account, name, type, size: kept.size, expires });
    return kept;
  }

  async function record(file: MediaFile): Promise<void> {
    try {
      await store.unit([store.media.add(file, { quota: parts.quota, total: parts.total })]);
    } catch (error) {
      await removeFile(pathOf(file.id));
      if (!(error instanceof GuardFailed)) throw error;
      throw new Failure('queue-full', { text: texts.noRoom });
    }
  }

  async function prune(): Promise<void> {
    while (!stopped) {
      const ids = await store.media.expired(clock.now(), CHUNK);
      for (const id of ids) await removeFile(pathOf(id));
      if (ids.length > 0) await store.unit(ids.map((id) => store.media.gone(id)));
      if (ids.length < CHUNK) break;
    }
    await store.chunks(store.media.forget(clock.now() - REMEMBERED, CHUNK), CHUNK, () => stopped);
  }

  /** Where the file is put on, it goes from here; nothing where it stays. */
  async function elsewhere(secret: string, file: PutFile, account: string): Promise<string | undefined> {
    const put = account === '' ? undefined : parts.upload;
    if (!put) return undefined;
    const id = idOf(secret);
    const read = () => readFile(pathOf(id), 0, file.size - 1);
    const url = await put(account as AccountKey, file, read).catch((err: unknown) => {
      parts.log.warn({ err }, 'a file could not be put on the server of its user, and stays here');
      return undefined;
    });
    if (url === undefined) return undefined;
    await removeFile(pathOf(id));
    await store.unit([store.media.gone(id)]);
    return url;
  }

  async function drop(id: string): Promise<void> {
    await removeFile(pathOf(id));
    await store.unit([store.media.remove(id)]);
  }

  return {
    async hold(content, { name: wished, type: claimed }) {
      const secret = newSecret();
      const id = idOf(secret);
      const type = plainType(claimed);
      const name = fileName(wished, type);
      const kept = await keep(content, { secret, name, type, account: '' }, clock.now() + HELD);
      return {
        async keep(account) {
          const expires = expiry();
          try {
            await store.unit([store.media.give({ id, account, expires }, parts.quota)]);
          } catch (error) {
            if (!(error instanceof GuardFailed)) throw error;
            await drop(id);
            throw new Failure('queue-full', { text: texts.noRoom });
          }
          const file = { url: urlOf(secret, name), name, type, ...kept, expires };
          const put = await elsewhere(secret, file, account);
          return put === undefined ? file : { ...file, url: put };
        },
        drop: () => drop(id),
      };
    },
    async put(content, { name: wished, type: claimed, account = '' }): Promise<FileRef & { expires: number }> {
      const secret = newSecret();
      const type = plainType(claimed);
      const name = fileName(wished, type);
      const expires = expiry();
      const kept = await keep(content, { secret, name, type, account }, expires);
      const file = { url: urlOf(secret, name), name, type, ...kept, expires };
      const put = await elsewhere(secret, file, account);
      return put === undefined ? file : { ...file, url: put };
    },
    reserve(name, of) {
      const secret = of === undefined ? newSecret() : secretOf(parts.key, of);
      return { secret, url: urlOf(secret, fileName(name, '')), expires: expiry() };
    },
    async fill({ secret, url, expires }, content, { account, type }) {
      const name = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
      const before = await store.media.get(idOf(secret));
      if (before && before.expires > clock.now()) return;
      if (before) await store.unit([store.media.remove(before.id)]);
      await keep(content, { secret, name, type: plainType(type), account }, expires);
    },
    async open(secret) {
      const id = idOf(secret);
      const file = id === '' ? undefined : await store.media.get(id);
      if (!file) return undefined;
      if (file.expires <= clock.now()) return { kind: 'expired' };
      const { name, type, size } = file;
      return { kind: 'file', id, name, type, size, read: (start, end) => readFile(pathOf(id), start, end) };
    },
    async forget(account) {
      await store.unit([store.media.expireAll(account, clock.now())]);
      await prune();
    },
    prune,
    stop() {
      stopped = true;
    },
  };
}

type Content = Parameters<Media['put']>[0];

async function readFile(path: string, start: number, end: number): Promise<ReadableStream<Uint8Array>> {
  const file = await open(path);
  const stream = file.createReadStream({ start, end, highWaterMark: 65_536 });
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}
