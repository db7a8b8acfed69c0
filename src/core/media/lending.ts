import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Bridge, ByteRange, Media, OpenedFile } from '#src/bridge.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { SealBroken, type SealKey, seal, unseal } from '#src/store/index.ts';
import { fileName, lentPath, plainType } from './media-names.ts';

/** A file of a network behind a link of ours. */
export type LentFile = {
  readonly kind: 'lent';
  readonly name: string;
  readonly type: string;
  /** Bytes, where the bridge knew it. */
  readonly size: number | undefined;
  /** For whom it was lent; nobody where several have the link. */
  readonly account: string | undefined;
  /** Asks the network for it. Rejects with a `Failure`. */
  open(range: ByteRange | undefined): Promise<OpenedFile>;
};

/** What the web asks for: what a link of ours leads to, one that has expired, or nothing. */
export type Lending = {
  find(token: string): LentFile | { readonly kind: 'expired' } | undefined;
  /** The file behind a whole address of ours. Rejects with a `Failure`; nothing for any other address. */
  open(url: string): Promise<OpenedFile> | undefined;
};

export type LendingParts = {
  /** Seals links: with another key none of them opens any more. */
  readonly key: SealKey;
  readonly clock: Pick<Clock, 'now'>;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Milliseconds for which a link leads somewhere, where the bridge does not say. */
  readonly retention: number;
  bridge(transport: string): Pick<Bridge, 'openFile'> | undefined;
};

/** A link holds what it leads to, and nothing is stored. The longest reference, in UTF-16 units: it is part of an address. */
const LONGEST = 2000;
const CELL = { table: 'media', row: ['lent'], column: 'link' } as const;

type Held = readonly [
  transport: string,
  reference: string,
  name: string,
  type: string,
  size: number | null,
  expires: number,
  account?: string | null,
];

/** Links to files of networks, for each transport. What they say is sealed: it may hold the key of a file. */
export function openLending({ key, clock, publicUrl, retention, bridge }: LendingParts): Lending & {
  lendFor(transport: string): Media['lend'];
} {
  function held(token: string): Held | undefined {
    if (!/^[\w-]+$/.test(token)) return undefined;
    try {
      const plain = unseal(key, CELL, new Uint8Array(Buffer.from(token, 'base64url')));
      return JSON.parse(Buffer.from(plain).toString()) as Held;
    } catch (error) {
      if (error instanceof SealBroken) return undefined;
      throw error;
    }
  }

  return {
    lendFor:
      (transport) =>
      (reference, { name: wished, type: claimed, size, lifetime = retention, atMost = lifetime, account }) => {
        if (reference.length > LONGEST) throw new Failure('too-large', { text: texts.longName });
        const type = plainType(claimed);
        const name = fileName(wished, type);
        const expires = clock.now() + Math.min(lifetime, atMost);
        const link: Held = [transport, reference, name, type, size ?? null, expires, account ?? null];
        const token = Buffer.from(seal(key, CELL, Buffer.from(JSON.stringify(link)))).toString('base64url');
        return { url: publicUrl + lentPath(token, name), name, type, ...(size !== undefined && { size }), expires };
      },
    find,
    open(url) {
      const [, token] = url.startsWith(publicUrl)
        ? (/^\/media\/lent\/([\w-]+)\//.exec(url.slice(publicUrl.length)) ?? [])
        : [];
      const file = token === undefined ? undefined : find(token);
      return file?.kind === 'lent' ? file.open(undefined) : undefined;
    },
  };

  function find(token: string): ReturnType<Lending['find']> {
    const link = held(token);
    if (!link) return undefined;
    const [transport, reference, name, type, size, expires, account] = link;
    if (expires <= clock.now()) return { kind: 'expired' };
    return {
      kind: 'lent',
      name,
      type,
      size: size ?? undefined,
      account: account ?? undefined,
      async open(range) {
        const of = bridge(transport);
        if (!of?.openFile) throw new Failure('item-not-found');
        return of.openFile(reference, range);
      },
    };
  }
}
