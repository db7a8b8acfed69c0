import { type Feed, openFeed } from '#bridges/irc/channels/feed.ts';
import type { Member, Room } from '#bridges/irc/channels/roster.ts';
import { Spelling } from '#bridges/irc/wire/spelling.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Standings } from './proven-logins.ts';
import type { Client } from './shared.ts';

/** Our connections to one server: who is who, and who speaks for which channel. */
export type Realm = {
  readonly clients: Map<AccountKey, Client>;
  /** Our nicks, folded. */
  readonly nicks: Map<string, AccountKey>;
  readonly feed: Feed;
  /** Who is just leaving, until the line is closed. */
  readonly leaving: Map<AccountKey, Promise<void>>;
  readonly standings: Standings;
  readonly spelling: Spelling;
};

export const openRealm = (): Realm => ({
  clients: new Map(),
  nicks: new Map(),
  feed: openFeed(),
  leaving: new Map(),
  standings: new Map(),
  spelling: new Spelling(),
});

/**
 * Ours in a channel, each as its own connection knows it. The connection that feeds the channel may not have read yet
 * that they came, and says nothing of it when it does: a list without them would put them out for good.
 */
export function oursIn(realm: Realm, channel: string): Member[] {
  return realm.feed.members(channel).flatMap(({ account }) => {
    const client = realm.clients.get(account);
    return (client && memberOf(client, channel)) ?? [];
  });
}

/** A channel as the connection knows it that feeds it. */
export function fedRoom(realm: Realm, channel: string): Room | undefined {
  const [senior] = realm.feed.members(channel);
  return senior && realm.clients.get(senior.account)?.room(channel);
}

/** The member of a channel that a connection is itself. */
const memberOf = (client: Client, channel: string): Member | undefined =>
  client.room(channel)?.members.get(client.view.fold(client.view.nick));
