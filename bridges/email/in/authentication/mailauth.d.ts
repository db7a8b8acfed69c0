/** The files of mailauth 7.1 that are used: all of it together costs 11 MB more. */
declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Writable } from 'node:stream';
  import type { DKIMVerifyResult } from 'mailauth';
  import type { KeyCache } from 'mailauth/lib/tools.js';

  /** Reads a mail, and has the result of `dkimVerify` once it is finished. */
  export class DkimVerifier extends Writable {
    constructor(options: { readonly resolver: KeyCache['resolver']; readonly sender: string });
    /** What reads the keys, for the mail and for the chain of ARC. */
    keyCache: KeyCache;
    readonly results: DKIMVerifyResult['results'];
    readonly headerFrom: DKIMVerifyResult['headerFrom'];
    readonly fromFields: DKIMVerifyResult['fromFields'];
    readonly headers?: DKIMVerifyResult['headers'];
    readonly arc: NonNullable<DKIMVerifyResult['arc']> & { keyCache?: KeyCache };
  }
}
declare module 'mailauth/lib/spf/index.js' {
  export { spf } from 'mailauth';
}
declare module 'mailauth/lib/dmarc/index.js' {
  export { dmarc } from 'mailauth';
}
declare module 'mailauth/lib/arc/index.js' {
  export { arc } from 'mailauth';
}
declare module 'mailauth/lib/tools.js' {
  import type { KeyLike } from 'node:crypto';

  /** The key of a record (RFC 6376 §3.6.1) and what else that says, as far as we read it. */
  export type KeyRecord = { readonly publicKey: KeyLike };
  export type KeyCache = {
    readonly resolver: (name: string, type: string) => Promise<string[] | string[][]>;
    get(type: string, name: string, minBitLength?: number, options?: object): Promise<KeyRecord>;
  };
  /** Asks for the record of a key and reads it. Rejects where there is none that can be used. */
  export function getPublicKey(
    type: string,
    name: string,
    minBitLength: number | undefined,
    resolver: KeyCache['resolver'],
    options?: object,
  ): Promise<KeyRecord>;
  /** A domain as DNS is asked for it (RFC 8616 §3). */
  export function toALabel(domain: string): string;
  /** The first of these domains whose organisational domain (by the Public Suffix List) is that of `from`. */
  export function getAlignment(from: string, domains: readonly string[]): { readonly domain: string } | false;
}
