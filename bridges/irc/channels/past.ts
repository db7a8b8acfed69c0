// What was said before our user came, or while the connection was away: https://ircv3.net/specs/extensions/chathistory

import type { LineBatch } from '#bridges/irc/connection/batches.ts';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { noteTime } from '#bridges/irc/people/read-marks.ts';
import { decode, isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';

/** Messages that are asked for at a time, and pages of what was missed. */
const PAGE = 100;
const PAGES = 10;

const pageOf = ({ view }: Pick<IrcConnection, 'view'>): number => Math.min(view.isupport.chathistory ?? PAGE, PAGE);

/** Asks for what was said in a channel (by its name there) since it was heard last, or for the last of it where it never was. */
export function catchUp(name: string, connection: IrcConnection, page = 1): void {
  const { view, realm, writer } = connection;
  if (!view.caps.has('draft/chathistory') || !view.caps.has('batch') || page > PAGES) return;
  const heard = realm.heard.get(view.fold(name));
  const from = heard === undefined ? ['LATEST', name, '*'] : ['AFTER', name, `timestamp=${heard}`];
  connection.historyPages ??= new Map();
  connection.historyPages.set(view.fold(name), page);
  writer.later(makeLine('CHATHISTORY', [...from, String(pageOf(connection))]));
}

/** A batch of the past has ended: where it was full there may be more. */
export function pastEnded({ type, opening, count }: LineBatch, connection: IrcConnection): void {
  const name = opening.params[2] ?? '';
  const page = connection.historyPages?.get(connection.view.fold(name));
  connection.historyPages?.delete(connection.view.fold(name));
  if (type === 'chathistory' && page !== undefined && count >= pageOf(connection)) catchUp(name, connection, page + 1);
}

/** What a line of the past says is kept by its time, for who may see it. It changes nothing else. */
export function tellPast(line: Line, connection: IrcConnection): void {
  const { host, view, channels } = connection;
  if (line.command !== 'PRIVMSG' && line.command !== 'NOTICE') return;
  const name = roomOf(line.params[0] ?? '', view);
  if (name === undefined) {
    if (!isSelf(line.nick, view)) noteTime(line, connection);
    // Our own words to others were said from here.
    return emit(host, decode(line, view));
  }
  if (!channels.has(view.fold(name))) return;
  noteHeard(line, connection);
  noteTime(line, connection);
  emit(
    host,
    decode(line, view).map((draft) => ({ ...draft, live: false, seenBy: view.account })),
  );
}

/** Remembers up to where a channel was heard, as the server counts time. */
export function noteHeard({ tags, params: [target = ''] }: Line, { realm, view }: IrcConnection): void {
  if (tags.time === undefined || !view.caps.has('draft/chathistory')) return;
  const name = roomOf(target, view);
  const before = name === undefined ? undefined : realm.heard.get(view.fold(name));
  if (name !== undefined && (before === undefined || before < tags.time)) realm.heard.set(view.fold(name), tags.time);
}
