import type { ParsedLine } from 'irc-framework';
import type { Channel } from '#bridges/irc/channels/channel.ts';
import type { Isupport } from '#bridges/irc/wire/isupport.ts';
import type { Addresses } from '#src/model/address.ts';
import type { AccountKey } from '#src/model/ids.ts';

export type Line = ParsedLine;

/** What `decode`, `encode` and the steps may know of a connection. They only read it. */
export type ServerView = {
  readonly transport: string;
  readonly account: AccountKey;
  readonly realm: string;
  readonly addresses: Addresses;
  /** Our nick, as the server writes it. */
  readonly nick: string;
  /** `user@host` as others see us; `undefined` until the server has shown it. */
  readonly mask: string | undefined;
  readonly isupport: Isupport;
  /** The capabilities in force, with their values. */
  readonly caps: ReadonlyMap<string, string>;
  /** Milliseconds by which the server's clock is behind ours; ahead where negative. 0 as long as that is unknown. */
  readonly clockOffset: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Whose connection of ours has this folded nick in this realm. */
  ours(folded: string): AccountKey | undefined;
  /** A channel that this connection is in, by its folded name. */
  room(folded: string): Channel | undefined;
  /** A name in the form in which the server takes it for equal to others (CASEMAPPING). */
  fold(name: string): string;
  /** A name of the server as it stands in addresses. */
  id(name: string): string;
  /** A name of an address as the server writes it. */
  spelled(name: string): string;
  /** Whether there is a conversation with this folded nick, or it is a contact. */
  knows(folded: string): boolean;
  /** Whether this connection is the one that speaks for a channel (folded name). */
  isPrimary(channel: string): boolean;
};
