import type { FileRef } from './event.ts';
import type { AccountKey } from './ids.ts';

/** What a bridge does with files: keeps those of its network, lends them, and reads those of our users. */
export type Media = {
  /** Keeps a file and resolves with where people fetch it. Rejects with a `Failure` (too large, quota). */
  put(
    content: ReadableStream<Uint8Array> | Uint8Array,
    meta: { readonly name?: string; readonly type?: string; readonly account?: AccountKey },
  ): Promise<FileRef & { readonly expires: number }>;
  /**
   * Takes a file in before it is known whose it is, as while its sender is being judged: it counts for nobody, and is nowhere to be
   * fetched. Rejects as `put` does.
   */
  hold(
    content: ReadableStream<Uint8Array> | Uint8Array,
    meta: { readonly name?: string; readonly type?: string },
  ): Promise<HeldFile>;
  /**
   * A link to a file of the network, for which `openFile` of the bridge is asked whenever somebody follows it. Nothing is
   * stored, and nobody can read the `reference` in it. Who has it alone (`account`) opens a few at a time. `size` in bytes, `lifetime`
   * and `atMost`, beyond which none goes that is not shorter anyway, in milliseconds. Throws a `Failure` where
   * there is no public address, or for a reference of more than 2000 characters.
   */
  lend(
    reference: string,
    meta: {
      readonly name?: string;
      readonly type?: string;
      readonly size?: number;
      readonly lifetime?: number;
      readonly atMost?: number;
      readonly account?: AccountKey;
    },
  ): FileRef & { readonly expires: number };
  /**
   * Opens a file of an event for a network that takes its bytes: fetched from where its sender keeps it (SECURITY rule 8), or
   * read here where it is ours. It comes as fast as it is read, and cancelling or `signal` gives it up. Rejects with a
   * `Failure` in words for its sender, and so does the content: what is no more than `maxBytes`, there, and of the type and
   * the hash that its sender says ends without one.
   */
  open(file: FileRef, limits: DownloadLimits): Promise<Download>;
};

/** A file that was taken in and is nobody's yet. What is neither kept nor dropped within an hour is gone. */
export type HeldFile = {
  /** It is that account's from here on, as if it had put it: once. Rejects with a `Failure` where there is no room, and drops it. */
  keep(account: AccountKey): Promise<FileRef & { readonly expires: number }>;
  drop(): Promise<void>;
};

/** How much of a file is read, in bytes, what gives it up, and whose it is: one user has so many open at a time. */
export type DownloadLimits = {
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  readonly account?: AccountKey;
};

/** A file of an event that is read. Size in bytes, where its server tells; `name` and `type` are always fit to be passed on. */
export type Download = {
  readonly content: ReadableStream<Uint8Array>;
  readonly size?: number;
  readonly name: string;
  readonly type: string;
};

/** Bytes of a file from `start` to `end`, both included; without `end` all that follow. */
export type ByteRange = { readonly start: number; readonly end?: number };

/** A file that is read: `range` says which bytes come, where it is not the whole, and `size` is that of the whole. */
export type OpenedFile = {
  readonly content: ReadableStream<Uint8Array>;
  readonly size?: number;
  readonly range?: Required<ByteRange>;
};
