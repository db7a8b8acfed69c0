import { lead, type MessageLine } from '#bridges/irc/wire/message-line.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** A connection of ours in a channel, as the feed sees it. */
export type PrimaryCandidate = {
  readonly account: AccountKey;
  /** Whether this connection still sees that account of ours in the channel (folded name). */
  sees(channel: string, account: AccountKey): boolean;
};

/** A channel that has lost the connection that fed it, and what that one had told, the newest last. */
export type Takeover = { readonly channel: string; readonly told: readonly MessageLine[] };

/** Which of our connections in a realm speaks for each channel. */
export type Primaries = {
  joined(channel: string, peer: PrimaryCandidate): void;
  /** The peer left the channel politely: its going will be seen by the others on their own lines. */
  left(channel: string, peer: PrimaryCandidate): void;
  /** The peer's line is gone; nothing more comes from it. What it leaves is to be taken over by the next members. */
  lost(peer: PrimaryCandidate): readonly Takeover[];
  /** The peer takes a channel over: gives what it has read and the lost one had not, and skips what is still to come. */
  takeOver(takeover: Takeover, peer: PrimaryCandidate): readonly MessageLine[];
  /** The peer has read a message. True where it is a copy of what is told already, or will be by another. */
  received(channel: string, peer: PrimaryCandidate, line: MessageLine): boolean;
  /** Whether the peer still has to read what was told before it took over. */
  behind(channel: string, peer: PrimaryCandidate): boolean;
  /** The peer has read everything that was sent before it took over. */
  caughtUp(channel: string, peer: PrimaryCandidate): void;
  isPrimary(channel: string, peer: PrimaryCandidate): boolean;
  /** Who is in a channel, the senior first. */
  members(channel: string): readonly PrimaryCandidate[];
};

type Entry = {
  readonly peer: PrimaryCandidate;
  gone: boolean;
  /** The last lines that it has read; how many of them it has told itself in the end; what it must not tell again. */
  past: MessageLine[];
  fed: number;
  skip: readonly MessageLine[];
};

/** Lines that are remembered of a channel by each of our connections in it, and by one that is alone there. */
const SHARED = 256;
const ALONE = 16;
/** Ids of what was told on a server that are remembered. */
const TOLD = 5_000;

/**
 * The senior connection in a channel feeds it. Seniority is judged by what each connection itself has read so far: the
 * next one takes over at the very line on which it reads that its senior has gone, so that nothing is told twice or
 * not at all, whichever socket is ahead. Where a line breaks there is no such line, and what both have read is compared.
 */
export function openPrimaries(): Primaries {
  const channels = new Map<string, Map<AccountKey, Entry>>();
  /** The lines of a channel by their keys: all connections that read one remember the same object. */
  const lines = new Map<string, Map<string, MessageLine>>();

  /** What was told, by channel and id: bouncers play it back to whoever connects anew. */
  const told = new Set<string>();

  /** Whether a line was told before; if not, it is told now. */
  function repeated(channel: string, { id }: MessageLine): boolean {
    if (id === undefined) return false;
    const name = `${channel} ${id}`;
    if (told.has(name)) return true;
    const [oldest] = told;
    if (told.size >= TOLD && oldest !== undefined) told.delete(oldest);
    told.add(name);
    return false;
  }

  const entryOf = (channel: string, peer: PrimaryCandidate): Entry | undefined => {
    const entry = channels.get(channel)?.get(peer.account);
    return entry?.peer === peer ? entry : undefined;
  };

  function keep(channel: string, entries: Iterable<Entry>): void {
    const all = [...entries];
    const seen = all.filter(
      (entry) => !entry.gone || all.some((other) => !other.gone && other.peer.sees(channel, entry.peer.account)),
    );
    if (seen.length === 0) {
      channels.delete(channel);
      lines.delete(channel);
    } else channels.set(channel, new Map(seen.map((entry) => [entry.peer.account, entry])));
  }

  function isPrimary(channel: string, peer: PrimaryCandidate): boolean {
    const entries = channels.get(channel);
    for (const entry of entries?.values() ?? []) {
      if (entry.peer === peer) return true;
      if (peer.sees(channel, entry.peer.account)) return false;
      if (entry.gone && entries) keep(channel, entries.values());
    }
    return false;
  }

  function shared(channel: string, line: MessageLine): MessageLine {
    const recent = lines.get(channel) ?? new Map<string, MessageLine>();
    const known = recent.get(line.key);
    if (known) return known;
    if (recent.size >= SHARED) recent.clear();
    lines.set(channel, recent.set(line.key, line));
    return line;
  }

  function note(channel: string, entry: Entry, line: MessageLine): void {
    const limit = (channels.get(channel)?.size ?? 0) > 1 ? SHARED : ALONE;
    if (entry.past.length >= 2 * limit) entry.past = entry.past.slice(-limit);
    entry.past.push(limit === SHARED ? shared(channel, line) : line);
  }

  return {
    joined(channel, peer) {
      const entries = channels.get(channel) ?? new Map<AccountKey, Entry>();
      entries.delete(peer.account);
      entries.set(peer.account, { peer, gone: false, past: [], fed: 0, skip: [] });
      channels.set(channel, entries);
    },
    left(channel, peer) {
      const entry = entryOf(channel, peer);
      if (entry) entry.gone = true;
      keep(channel, channels.get(channel)?.values() ?? []);
    },
    lost(peer) {
      const takeovers: Takeover[] = [];
      for (const [channel, entries] of [...channels]) {
        const entry = entryOf(channel, peer);
        if (!entry) continue;
        if (!entry.gone && isPrimary(channel, peer)) takeovers.push({ channel, told: [...entry.past, ...entry.skip] });
        keep(
          channel,
          [...entries.values()].filter((other) => other !== entry),
        );
      }
      return takeovers;
    },
    takeOver({ channel, told: before }, peer) {
      const entry = entryOf(channel, peer);
      if (!entry) return [];
      const { past, fed } = entry;
      const ahead = lead(past, before);
      entry.skip = before.slice(before.length - Math.max(-ahead, past.length === 0 ? before.length : 0));
      entry.fed = Math.max(ahead, fed);
      // What it told itself, having read before that the lost one went, is not told once more.
      const late = past.slice(past.length - Math.max(ahead, 0), past.length - Math.min(fed, past.length));
      return late.filter((line) => !repeated(channel, line));
    },
    received(channel, peer, line) {
      const entry = entryOf(channel, peer);
      if (!entry) return true;
      note(channel, entry, line);
      const mine = isPrimary(channel, peer);
      entry.fed = mine ? entry.fed + 1 : 0;
      if (!mine) return true;
      const known = entry.skip.findIndex(({ key }) => key === line.key);
      if (known >= 0) entry.skip = entry.skip.slice(known + 1);
      return known >= 0 || repeated(channel, line);
    },
    behind: (channel, peer) => (entryOf(channel, peer)?.skip.length ?? 0) > 0,
    caughtUp(channel, peer) {
      const entry = entryOf(channel, peer);
      if (entry) entry.skip = [];
    },
    isPrimary,
    members: (channel) =>
      [...(channels.get(channel)?.values() ?? [])].filter((entry) => !entry.gone).map(({ peer }) => peer),
  };
}
