import framework from 'irc-framework';
import type { Primaries, PrimaryCandidate } from '#bridges/irc/channels/primary.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import type { Draft } from '#src/model/event.ts';
import { decode } from './decode.ts';
import { foldName } from './names.ts';

/** A message line to a channel as one connection has read it. */
export type MessageLine = {
  /** What it is known by: its msgid where the server gives one, else the line without tags, its target folded. */
  readonly key: string;
  /** Its msgid (https://ircv3.net/specs/extensions/message-ids), where the server gives one. */
  readonly id: string | undefined;
  /** The whole line, as it came. */
  readonly text: string;
};

/** What can be told of a line to a channel without taking it apart. */
export type LineSummary = MessageLine & { readonly nick: string; readonly target: string };

const MSGID = /(?:^@|;)msgid=([^; ]+)/;

/**
 * What is said in a channel comes on the connection of each of ours there, some lines at a time: they are looked at once, and all
 * connections remember the same object.
 */
const lately = new Map<string, LineSummary>();
const LATELY = 256;

function remember(line: LineSummary): void {
  if (lately.has(line.text)) return;
  if (lately.size >= LATELY) lately.clear();
  lately.set(line.text, line);
}

/** Looks at a raw line; `undefined` unless it is a PRIVMSG or NOTICE with a sender. Cheap, and never throws. */
export function summaryOf(text: string): LineSummary | undefined {
  const from = text.startsWith('@') ? text.indexOf(' ') + 1 : 0;
  if (text[from] !== ':') return undefined;
  const command = text.indexOf(' ', from) + 1;
  const given = text.startsWith('PRIVMSG ', command) ? 8 : text.startsWith('NOTICE ', command) ? 7 : 0;
  const end = text.indexOf(' ', command + given);
  if (command === 0 || given === 0 || end < 0) return undefined;
  const known = lately.size > 0 ? lately.get(text) : undefined;
  if (known) return known;
  const mask = text.indexOf('!', from);
  const nick = text.slice(from + 1, mask > 0 && mask < command ? mask : command - 1);
  const id = from > 0 ? MSGID.exec(text.slice(0, from))?.[1] : undefined;
  const target = text.slice(command + given, end);
  const folded = foldName(target);
  // Most is spelled so: then it is the string that was hashed already.
  const line = folded === target ? text.slice(from) : `${text.slice(from, command + given)}${folded}${text.slice(end)}`;
  const key = id ?? line;
  return { key, id, text, nick, target };
}

/**
 * By how many lines the reader of `read` is ahead of the one of `told` (negative: behind). Both are the ends of one
 * sequence, so where they overlap they are the same; the longest overlap counts. With none, all of `read` is taken for
 * newer: a line told twice is better than one not told.
 */
export function lead(read: readonly MessageLine[], told: readonly MessageLine[]): number {
  const longest = Math.max(read.length, told.length);
  for (let by = 0; by < longest; by++) {
    if (ends(read, told, by)) return by;
    if (by > 0 && ends(told, read, by)) return -by;
  }
  return read.length;
}

/** Whether the longer-lived one, without its last `by` lines, ends as the other does. */
function ends(ahead: readonly MessageLine[], other: readonly MessageLine[], by: number): boolean {
  const overlap = Math.min(ahead.length - by, other.length);
  for (let back = 1; back <= overlap; back++) {
    if (ahead[ahead.length - by - back]?.key !== other[other.length - back]?.key) return false;
  }
  return overlap > 0;
}

/**
 * Whether a raw line can be dropped unparsed: a message to a channel that another connection of ours tells or has told,
 * or that comes from one of ours and was shown when it was taken. Echoes of our own lines pass.
 */
export function isDuplicate(text: string, primaries: Primaries, view: ServerView & PrimaryCandidate): boolean {
  const seen = summaryOf(text);
  if (!seen) return false;
  const channel = view.fold(seen.target);
  // Lines to a part of a channel (STATUSMSG) are not read by all of its members, so they are no part of what is compared.
  if (!view.room(channel)?.joined) return false;
  const nick = view.fold(seen.nick);
  if (view.ours(nick) !== undefined) return nick !== view.fold(view.nick);
  if (primaries.isShared(channel)) remember(seen);
  return primaries.received(channel, view, seen);
}

/** What lines mean that were dropped as duplicates, and were none. */
export const decodeMissed = (lines: readonly MessageLine[], view: ServerView): Draft[] =>
  lines.flatMap(({ text }) => decode(framework.ircLineParser(text), view));
