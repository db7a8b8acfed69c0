// What was said before our user came, or while the connection was away: https://ircv3.net/specs/extensions/chathistory

import type { LineBatch } from '#bridges/irc/connection/batches.ts';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { noteTime } from '#bridges/irc/people/read-marks.ts';
import { decode, isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { Query, Reply } from '#src/model/query.ts';

/** Messages that are asked for at a time, and pages of what was missed. */
const PAGE = 100;
const PAGES = 10;
/** Before all that was said. */
const BEGINNING = 'timestamp=1970-01-01T00:00:00.000Z';

/** Whether a server keeps what was said. */
export const keepsPast = ({ caps }: Pick<IrcConnection['view'], 'caps'>): boolean =>
  caps.has('draft/chathistory') && caps.has('batch');

const pageOf = ({ view }: Pick<IrcConnection, 'view'>): number => Math.min(view.isupport.chathistory ?? PAGE, PAGE);

/** Whose absence from a channel (folded name) it is. */
const absence = (channel: string, { view }: Pick<IrcConnection, 'view'>): string => `${view.account} ${channel}`;

/** Our user is in a channel (folded name) no more: what is said there from now on is asked for when they are back. */
export function noteAbsence(channel: string, connection: IrcConnection): void {
  const { realm, view } = connection;
  const heard = realm.heard.get(channel);
  if (heard !== undefined && keepsPast(view)) realm.left.set(absence(channel, connection), heard);
}

/**
 * Asks for what was said in a channel (by its name there) while our user was not in it, or for the last of it where they never
 * were. Never rejects.
 */
export async function catchUp(name: string, connection: IrcConnection): Promise<void> {
  const { view, realm, past, host } = connection;
  if (!keepsPast(view)) return;
  const left = realm.left.get(absence(view.fold(name), connection));
  if (left !== undefined) return follow(name, left, connection);
  try {
    await past.ask(name, ['LATEST', '*', String(pageOf(connection))], true);
  } catch (err) {
    host.log.debug({ err }, 'what was said before could not be read');
  }
}

/** A server is asked for what was said in private since so many ms before a connection was found lost. */
const UNSURE = 60_000;
/** People with whom our user may have talked meanwhile. */
const PEOPLE = 100;

/** The connection is lost: what is said to our user from now on is asked for when they are back, if the server keeps it. */
export function noteLoss({ realm, view, clock }: IrcConnection): void {
  if (keepsPast(view)) realm.lost.set(view.account, serverTime(clock.now() - UNSURE, view));
}

/** The connection is back: asks who has talked with our user meanwhile. Each is told by a line of its own (`targetLine`). */
export function askTargets({ realm, view, clock, writer }: IrcConnection): void {
  const since = realm.lost.get(view.account);
  if (since === undefined || !keepsPast(view)) return;
  const span = [`timestamp=${since}`, `timestamp=${serverTime(clock.now() + UNSURE, view)}`, String(PEOPLE)];
  writer.later(makeLine('CHATHISTORY', ['TARGETS', ...span]));
}

/** `CHATHISTORY TARGETS <name> <time>`: something was said in a conversation. Channels are caught up with when they are joined. */
export const targetLine: LineReading = ({ params: [how, name = ''] }, connection) => {
  const { realm, view } = connection;
  const since = realm.lost.get(view.account);
  if (how?.toUpperCase() !== 'TARGETS' || since === undefined || !isName(name)) return true;
  if (roomOf(name, view) === undefined) void follow(name, since, connection);
  return true;
};

/** Reads on from a time in the server's words, as far as there is more. Never rejects. */
async function follow(name: string, left: string, connection: IrcConnection): Promise<void> {
  const { past, host } = connection;
  const size = pageOf(connection);
  try {
    for (let page = 0, since = left; page < PAGES; page++) {
      const { lines, last = since } = await past.ask(name, ['AFTER', `timestamp=${since}`, String(size)], true);
      if (lines < size || last === since) return;
      since = last;
    }
  } catch (err) {
    host.log.debug({ err }, 'what was missed could not be read');
  }
}

const serverTime = (at: number, { clockOffset }: ServerView): string => new Date(at - clockOffset).toISOString();

/** Answers a page of what was said in a channel (by its name there). Rejects with a `Failure`. */
export async function readPast(
  { page, near }: Pick<Extract<Query, { kind: 'history' }>, 'page' | 'near'>,
  name: string,
  connection: IrcConnection,
): Promise<Reply> {
  const { view, past } = connection;
  // What was missed is caught up with at each join.
  const isMissed = page.before === undefined && page.after === undefined;
  if (!keepsPast(view) || isMissed) throw new Failure('not-supported');
  const size = String(Math.min(page.max, pageOf(connection)));
  const [first, ...rest] = edgesOf(page, near, view);
  const ask = (edge: PastEdge) => past.ask(name, [...edge, size], false);
  // What a server does not know by its id may be found by its time.
  const [other] = rest;
  const told = await ask(first).catch((error: unknown) => {
    if (!other || !(error instanceof Failure) || error.row.retry) throw error;
    return ask(other);
  });
  // A page may hold less than was asked for; an empty one is the last.
  return { kind: 'history', events: told.drafts, complete: told.lines === 0 };
}

type PastEdge = readonly [how: string, from: string];

/** Where a page begins, as the server may be told. Throws a `Failure` where it cannot be. */
function edgesOf(page: Page, near: number | undefined, view: ServerView): readonly [PastEdge, ...PastEdge[]] {
  const forward = page.after !== undefined;
  const id = (page.after ?? page.before) || undefined;
  const how = forward ? 'AFTER' : 'BEFORE';
  const time = near === undefined ? undefined : serverTime(near, view);
  const known = [id === undefined ? undefined : reference(id, view), time && `timestamp=${time}`];
  const [first, ...rest] = known.flatMap((from): PastEdge[] => (from === undefined ? [] : [[how, from]]));
  if (first) return [first, ...rest];
  if (id !== undefined) throw new Failure('item-not-found');
  return [forward ? [how, BEGINNING] : ['LATEST', '*']];
}

/** How a server is told which message is meant: what has no id of its own is called by its time here (`idOf`). */
function reference(id: string, { isupport }: ServerView): string | undefined {
  const [time, hash] = id.split(' ');
  if (hash !== undefined) return `timestamp=${time}`;
  return isupport.msgids ? `msgid=${id}` : undefined;
}

/** What a line of the past says is kept by its time, for who may see it, or is part of what was asked for. It changes nothing else. */
export function tellPast(line: Line, connection: IrcConnection, batch?: LineBatch): void {
  const { host, view, channels, past } = connection;
  const page = past.reading(batch);
  if (page && line.tags.time !== undefined) page.last = line.tags.time;
  if (line.command !== 'PRIVMSG' && line.command !== 'NOTICE') return;
  const name = roomOf(line.params[0] ?? '', view);
  if (name === undefined) {
    if (!isSelf(line.nick, view)) noteTime(line, connection);
    const said = decode(line, view);
    // What was missed may be known, and is told by its id alone.
    return emit(host, page ? said.filter(({ ids = [] }) => ids.length > 0) : said);
  }
  if (!channels.has(view.fold(name))) return;
  noteTime(line, connection);
  const drafts = decode(line, view).map((draft): Draft => ({ ...draft, live: false, seenBy: view.account }));
  if (page?.told) return void page.told.push(...drafts);
  noteHeard(line, connection);
  emit(host, drafts);
}

/** Remembers up to where a channel was heard, as the server counts time. */
export function noteHeard({ tags, params: [target = ''] }: Line, { realm, view }: IrcConnection): void {
  if (tags.time === undefined || !view.caps.has('draft/chathistory')) return;
  const name = roomOf(target, view);
  const before = name === undefined ? undefined : realm.heard.get(view.fold(name));
  if (name !== undefined && (before === undefined || before < tags.time)) realm.heard.set(view.fold(name), tags.time);
}
