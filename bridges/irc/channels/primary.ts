import { lead, type MessageLine } from '#bridges/irc/wire/duplicates.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** A connection of ours in a channel, of which one is the primary. */
export type PrimaryCandidate = {
  readonly account: AccountKey;
  /** Whether this connection still sees that account of ours in the channel (folded name). */
  sees(channel: string, account: AccountKey): boolean;
  /** Whether its server hides that account of ours there from it. */
  hides(channel: string, account: AccountKey): boolean;
};

/** A channel that has lost its primary connection, and what that one had told, the newest last. */
export type Takeover = { readonly channel: string; readonly told: readonly MessageLine[] };

/** Which of our connections in a realm speaks for each channel. */
export type Primaries = {
  joined(channel: string, connection: PrimaryCandidate): void;
  /** The connection left the channel politely: its going will be seen by the others on their own lines. */
  left(channel: string, connection: PrimaryCandidate): void;
  /** The connection's line is gone; nothing more comes from it. What it leaves is to be taken over by the next members. */
  lost(connection: PrimaryCandidate): readonly Takeover[];
  /** The connection takes a channel over: gives what it has read and the lost one had not, and skips what is still to come. */
  takeOver(takeover: Takeover, connection: PrimaryCandidate): readonly MessageLine[];
  /** The connection has read a message. True where it is a duplicate of what is told already, or will be by another. */
  received(channel: string, connection: PrimaryCandidate, line: MessageLine): boolean;
  /** Whether the connection still has to read what was told before it took over. */
  behind(channel: string, connection: PrimaryCandidate): boolean;
  /** The connection has read everything that was sent before it took over. */
  caughtUp(channel: string, connection: PrimaryCandidate): void;
  isPrimary(channel: string, connection: PrimaryCandidate): boolean;
  /** Whether several of our connections are in a channel. */
  isShared(channel: string): boolean;
  /** Who has been in a channel the longest. */
  senior(channel: string): PrimaryCandidate | undefined;
  /** Who is in a channel, the senior first. */
  members(channel: string): readonly PrimaryCandidate[];
};

type Entry = {
  readonly connection: PrimaryCandidate;
  gone: boolean;
  /** The last lines that it has read; how many of them it has told itself in the end; what it must not tell again. */
  read: MessageLine[];
  relayed: number;
  skip: readonly MessageLine[];
};

/** Lines that are remembered of a channel by each of our connections in it, and by one that is alone there. */
const SHARED = 256;
const ALONE = 16;
/** Ids of what was told on a server that are remembered. */
const TOLD = 5_000;

/**
 * The senior connection in a channel is the primary. Seniority is judged by what each connection itself has read so far: the
 * next one takes over at the very line on which it reads that its senior has gone, so that nothing is told twice or
 * not at all, whichever socket is ahead. Where a line breaks there is no such line, and what both have read is compared.
 */
export function openPrimaries(): Primaries {
  const channels = new Map<string, Map<AccountKey, Entry>>();
  /** What was told, by channel and id: bouncers play it back to whoever connects anew. */
  const toldIds = new Set<string>();

  /** Whether a line was told before; if not, it is told now. */
  function repeated(channel: string, { id }: MessageLine): boolean {
    if (id === undefined) return false;
    const name = `${channel} ${id}`;
    if (toldIds.has(name)) return true;
    const [oldest] = toldIds;
    if (toldIds.size >= TOLD && oldest !== undefined) toldIds.delete(oldest);
    toldIds.add(name);
    return false;
  }

  const entryOf = (channel: string, connection: PrimaryCandidate): Entry | undefined => {
    const entry = channels.get(channel)?.get(connection.account);
    return entry?.connection === connection ? entry : undefined;
  };

  const isShared = (channel: string): boolean => (channels.get(channel)?.size ?? 0) > 1;

  function keep(channel: string, entries: Iterable<Entry>): void {
    const all = [...entries];
    const seen = all.filter(
      (entry) =>
        !entry.gone || all.some((other) => !other.gone && other.connection.sees(channel, entry.connection.account)),
    );
    if (seen.length === 0) channels.delete(channel);
    else channels.set(channel, new Map(seen.map((entry) => [entry.connection.account, entry])));
  }

  function isPrimary(channel: string, connection: PrimaryCandidate): boolean {
    const entries = channels.get(channel);
    for (const entry of entries?.values() ?? []) {
      if (entry.connection === connection) return true;
      const { account } = entry.connection;
      if (connection.sees(channel, account) || (!entry.gone && connection.hides(channel, account))) return false;
      if (entry.gone && entries) keep(channel, entries.values());
    }
    return false;
  }

  function note(entry: Entry, line: MessageLine, limit: number): void {
    if (entry.read.length >= 2 * limit) entry.read = entry.read.slice(-limit);
    entry.read.push(line);
  }

  return {
    joined(channel, connection) {
      const entries = channels.get(channel) ?? new Map<AccountKey, Entry>();
      entries.delete(connection.account);
      entries.set(connection.account, { connection, gone: false, read: [], relayed: 0, skip: [] });
      channels.set(channel, entries);
    },
    left(channel, connection) {
      const entry = entryOf(channel, connection);
      if (entry) entry.gone = true;
      keep(channel, channels.get(channel)?.values() ?? []);
    },
    lost(connection) {
      const takeovers: Takeover[] = [];
      for (const [channel, entries] of [...channels]) {
        const entry = entryOf(channel, connection);
        if (!entry) continue;
        if (!entry.gone && isPrimary(channel, connection))
          takeovers.push({ channel, told: [...entry.read, ...entry.skip] });
        keep(
          channel,
          [...entries.values()].filter((other) => other !== entry),
        );
      }
      return takeovers;
    },
    takeOver({ channel, told: before }, connection) {
      const entry = entryOf(channel, connection);
      if (!entry) return [];
      const { read, relayed } = entry;
      const ahead = lead(read, before);
      entry.skip = before.slice(before.length - Math.max(-ahead, read.length === 0 ? before.length : 0));
      entry.relayed = Math.max(ahead, relayed);
      // What it told itself, having read before that the lost one went, is not told once more.
      const late = read.slice(read.length - Math.max(ahead, 0), read.length - Math.min(relayed, read.length));
      return late.filter((line) => !repeated(channel, line));
    },
    received(channel, connection, line) {
      const entry = entryOf(channel, connection);
      if (!entry) return true;
      note(entry, line, isShared(channel) ? SHARED : ALONE);
      const mine = isPrimary(channel, connection);
      entry.relayed = mine ? entry.relayed + 1 : 0;
      if (!mine) return true;
      const known = entry.skip.findIndex(({ key }) => key === line.key);
      if (known >= 0) entry.skip = entry.skip.slice(known + 1);
      return known >= 0 || repeated(channel, line);
    },
    behind: (channel, connection) => (entryOf(channel, connection)?.skip.length ?? 0) > 0,
    caughtUp(channel, connection) {
      const entry = entryOf(channel, connection);
      if (entry) entry.skip = [];
    },
    ...{ isPrimary, isShared },
    senior(channel) {
      for (const { gone, connection } of channels.get(channel)?.values() ?? []) if (!gone) return connection;
      return undefined;
    },
    members: (channel) =>
      [...(channels.get(channel)?.values() ?? [])].filter((entry) => !entry.gone).map(({ connection }) => connection),
  };
}
