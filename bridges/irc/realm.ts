import type { AccountKey } from '#src/model/ids.ts';
import type { Client } from './client.ts';
import { type Feed, openFeed } from './feed.ts';

/** Our connections to one server: who is who, and who speaks for which channel. */
export type Realm = {
  readonly clients: Map<AccountKey, Client>;
  /** Our nicks, folded. */
  readonly nicks: Map<string, AccountKey>;
  readonly feed: Feed;
  /** Who is just leaving, until the line is closed. */
  readonly leaving: Map<AccountKey, Promise<void>>;
};

export const openRealm = (): Realm => ({ clients: new Map(), nicks: new Map(), feed: openFeed(), leaving: new Map() });
