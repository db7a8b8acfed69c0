import type { AccountKey } from '#src/model/ids.ts';

/** A connection of ours in a channel, as the feed sees it. */
export type Peer = {
  readonly account: AccountKey;
  /** Whether this connection still sees that account of ours in the channel (folded name). */
  sees(channel: string, account: AccountKey): boolean;
};

/** Which of our connections in a realm speaks for each channel. */
export type Feed = {
  joined(channel: string, peer: Peer): void;
  /** The peer left the channel politely: its going will be seen by the others on their own lines. */
  left(channel: string, peer: Peer): void;
  /** The peer's line is gone; nothing more comes from it. */
  lost(peer: Peer): void;
  feeds(channel: string, peer: Peer): boolean;
  /** Who is in a channel, the senior first. */
  members(channel: string): readonly Peer[];
};

type Entry = { readonly peer: Peer; gone: boolean };

/**
 * The senior connection in a channel feeds it. Seniority is judged by what each connection itself has read so far: the
 * next one takes over at the very line on which it reads that its senior has gone, so that nothing is told twice or
 * not at all, whichever socket is ahead.
 */
export function openFeed(): Feed {
  const channels = new Map<string, Entry[]>();

  function keep(channel: string, entries: Entry[]): void {
    const seen = entries.filter(
      (entry) => !entry.gone || entries.some((other) => !other.gone && other.peer.sees(channel, entry.peer.account)),
    );
    if (seen.length === 0) channels.delete(channel);
    else channels.set(channel, seen);
  }

  return {
    joined(channel, peer) {
      const others = (channels.get(channel) ?? []).filter((entry) => entry.peer.account !== peer.account);
      channels.set(channel, [...others, { peer, gone: false }]);
    },
    left(channel, peer) {
      const entries = channels.get(channel) ?? [];
      for (const entry of entries) if (entry.peer === peer) entry.gone = true;
      keep(channel, entries);
    },
    lost(peer) {
      for (const [channel, entries] of [...channels]) {
        keep(
          channel,
          entries.filter((entry) => entry.peer !== peer),
        );
      }
    },
    feeds(channel, peer) {
      const entries = channels.get(channel) ?? [];
      for (const entry of entries) {
        if (entry.peer === peer) return true;
        if (peer.sees(channel, entry.peer.account)) return false;
        if (entry.gone) keep(channel, entries);
      }
      return false;
    },
    members: (channel) => (channels.get(channel) ?? []).filter((entry) => !entry.gone).map((entry) => entry.peer),
  };
}
