import { lead, type MessageLine } from '#bridges/irc/wire/duplicates.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** A connection of ours in a channel, of which one is the primary. */
export type PrimaryCandidate = {
  readonly account: AccountKey;
  /** Whether this connection still sees that account of ours in the channel (folded name). */
  sees(channel: string, account: AccountKey): boolean;
  /** Whether its server hides that account of ours there from it. */
  hides(channel: string, account: AccountKey): boolean;
  /** Grows with each account of ours that it begins to see there, or learns to be hidden. */
  appearances(channel: string): number;
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
  /** Whether it has read that it left. */
  gone: boolean;
  /** The last lines that it has read; how many of them it has told itself in the end; what it must not tell again. */
  read: MessageLine[];
  relayed: number;
  skip: readonly MessageLine[];
  /** Who came before and after it. Who is out keeps the next one, so that those who look for their senior find on. */
  previous: Entry | undefined;
  next: Entry | undefined;
  out: boolean;
  /** The senior of all that it has to leave speaking to, as of so many appearances: nobody before is looked at again. */
  senior: Entry | undefined;
  appearances: number;
  /** Once it has gone: its juniors that have not read so yet. */
  unaware: Set<Entry> | undefined;
};

/** Our connections in a channel, in the order in which they came. */
type Queue = { readonly entries: Map<AccountKey, Entry>; first: Entry | undefined; last: Entry | undefined };

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
  const channels = new Map<string, Queue>();
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
    const entry = channels.get(channel)?.entries.get(connection.account);
    return entry?.connection === connection ? entry : undefined;
  };

  const isShared = (channel: string): boolean => (channels.get(channel)?.entries.size ?? 0) > 1;

  function drop(channel: string, queue: Queue, entry: Entry): void {
    takeOut(queue, entry);
    for (const senior of seniors(entry)) if (forgets(senior, entry)) takeOut(queue, senior);
    if (queue.entries.size === 0) channels.delete(channel);
  }

  function isPrimary(channel: string, connection: PrimaryCandidate): boolean {
    const queue = channels.get(channel);
    const entry = queue?.entries.get(connection.account);
    if (!queue || entry?.connection !== connection) return false;
    // Most have nobody before them.
    return queue.first === entry || seniorOf(channel, queue, entry) === entry;
  }

  /** The first that has come before a connection and that it has to leave speaking to; itself where there is none. */
  function seniorOf(channel: string, queue: Queue, entry: Entry): Entry | undefined {
    const appearances = entry.connection.appearances(channel);
    let senior = entry.appearances === appearances ? (entry.senior ?? queue.first) : queue.first;
    while (senior && senior !== entry && (senior.out || isPast(channel, senior, entry.connection))) {
      if (forgets(senior, entry)) takeOut(queue, senior);
      senior = senior.next;
    }
    entry.senior = senior;
    entry.appearances = appearances;
    return senior;
  }

  function note(entry: Entry, line: MessageLine, limit: number): void {
    if (entry.read.length >= 2 * limit) entry.read = entry.read.slice(-limit);
    entry.read.push(line);
  }

  return {
    joined(channel, connection) {
      const queue: Queue = channels.get(channel) ?? { entries: new Map(), first: undefined, last: undefined };
      const before = queue.entries.get(connection.account);
      if (before) drop(channel, queue, before);
      channels.set(channel, queue);
      append(queue, connection);
    },
    left(channel, connection) {
      const [queue, entry] = [channels.get(channel), entryOf(channel, connection)];
      if (!queue || !entry || entry.gone) return;
      const unaware = juniors(entry).filter((other) => other.connection.sees(channel, connection.account));
      Object.assign(entry, { gone: true, unaware: new Set(unaware), read: [], skip: [] });
      for (const senior of seniors(entry)) if (forgets(senior, entry)) takeOut(queue, senior);
      if (unaware.length === 0) drop(channel, queue, entry);
    },
    lost(connection) {
      const takeovers: Takeover[] = [];
      for (const [channel, queue] of [...channels]) {
        const entry = entryOf(channel, connection);
        if (!entry) continue;
        if (!entry.gone && isPrimary(channel, connection))
          takeovers.push({ channel, told: [...entry.read, ...entry.skip] });
        drop(channel, queue, entry);
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
      for (const { gone, connection } of channels.get(channel)?.entries.values() ?? []) if (!gone) return connection;
      return undefined;
    },
    members: (channel) =>
      [...(channels.get(channel)?.entries.values() ?? [])].flatMap(({ gone, connection }) => (gone ? [] : connection)),
  };
}

function append(queue: Queue, connection: PrimaryCandidate): void {
  const entry: Entry = {
    ...{ connection, gone: false, read: [], relayed: 0, skip: [], out: false, unaware: undefined },
    ...{ previous: queue.last, next: undefined, senior: undefined, appearances: 0 },
  };
  queue.entries.set(connection.account, entry);
  queue.first ??= entry;
  if (queue.last) queue.last.next = entry;
  queue.last = entry;
}

function takeOut(queue: Queue, entry: Entry): void {
  if (entry.out) return;
  const { previous, next } = entry;
  if (previous) previous.next = next;
  else queue.first = next;
  if (next) next.previous = previous;
  else queue.last = previous;
  queue.entries.delete(entry.connection.account);
  entry.out = true;
}

/** Whether a connection has read that one who came before it is gone. Who has not read so itself, and is seen by nobody, has gone. */
const isPast = (channel: string, { gone, connection: { account } }: Entry, reader: PrimaryCandidate): boolean =>
  !reader.sees(channel, account) && (gone || !reader.hides(channel, account));

/** Whether a junior was the last one that had not read that this one has gone. */
const forgets = ({ unaware }: Entry, junior: Entry): boolean => unaware?.delete(junior) === true && unaware.size === 0;

/** Those that are in the channel and have come after this one. */
function juniors(entry: Entry): Entry[] {
  const found: Entry[] = [];
  for (let other = entry.next; other; other = other.next) if (!other.gone) found.push(other);
  return found;
}

/** Those that have come before this one and are gone. */
function seniors(entry: Entry): Entry[] {
  const found: Entry[] = [];
  for (let other = entry.previous; other; other = other.previous) if (other.gone) found.push(other);
  return found;
}
