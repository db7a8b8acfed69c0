import type { MessageStyle } from './event.ts';
import type { Answer } from './form.ts';
import type { BareJid, EventId } from './ids.ts';

/**
 * What the database of another gateway says of one of its users; ids are formatted addresses, `''` is the gateway itself.
 * `left` is what cannot be brought over and why, `idle` what is of no use as the config is, both in words for the operator.
 */
export type ImportedRecord =
  | {
      readonly kind: 'settings';
      readonly user: BareJid;
      readonly scope: 'account' | 'realm' | 'room';
      readonly id: string;
      readonly values: Answer;
    }
  | { readonly kind: 'contact'; readonly user: BareJid; readonly id: string }
  | (ImportedMessage & { readonly kind: 'message' })
  | { readonly kind: 'left' | 'idle'; readonly why: string };

/** A message in a room that one of its users has seen. `uid` is its own in that database, `at` in ms since 1970. */
export type ImportedMessage = {
  readonly user: BareJid;
  readonly id: string;
  readonly uid: EventId;
  readonly at: number;
  readonly from: { readonly id: string; readonly name: string };
  readonly text: string;
  readonly style: MessageStyle;
};

/** The opened database of another gateway. Messages come last, in the order of their times; `total` counts rows. */
export type ImportSource = AsyncDisposable & {
  readonly total: number;
  /** Row by row what it says, nothing of a row that says nothing. */
  rows(): AsyncIterable<readonly ImportedRecord[]>;
};

/** Reads what another gateway has kept. */
export type Importer<Config = unknown> = {
  /** The name of its software, as `import-NAME` has it. */
  readonly name: string;
  /** Opens its database, a file or a URL. Rejects with an `Error` for the operator. */
  open(from: string, config: Config): Promise<ImportSource>;
};
