// https://ircv3.net/specs/extensions/read-marker: up to where a user has read, told among the clients that they have there.

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { idOf, isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { contactPlace, roomPlace } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine, target, type Wire } from '#bridges/irc/wire/line.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { EventOf } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';

/** Conversations whose messages are remembered, and messages of each. */
const CONVERSATIONS = 500;
const MESSAGES = 50;

const CAPABILITY = 'draft/read-marker';

type Timed = { readonly time: string; readonly id: ForeignId };

/** When messages were said, in the server's words, by which it counts. */
export class ReadMarks {
  readonly #said = openRecent<Timed[]>(CONVERSATIONS);

  note(conversation: string, message: Timed): void {
    const known = this.#said.get(conversation) ?? [];
    known.push(message);
    if (known.length > MESSAGES) known.shift();
    this.#said.set(conversation, known);
  }

  timeOf(conversation: string, id: string): string | undefined {
    return this.#said.get(conversation)?.find((one) => one.id === id)?.time;
  }

  /** The last that was said up to a time. */
  upTo(conversation: string, time: string): ForeignId | undefined {
    return this.#said.get(conversation)?.findLast((one) => one.time <= time)?.id;
  }
}

/** A channel is one for all of ours, a private conversation is its user's alone. */
const nameOf = (to: string, view: ServerView): string =>
  roomOf(to, view) === undefined ? `${view.account} ${view.fold(to)}` : view.fold(to);

/** Notes when a message was said, where that will be asked for. */
export function noteTime(line: Line, { realm, view }: IrcConnection): void {
  const { time } = line.tags;
  const [id] = view.caps.has(CAPABILITY) ? (idOf(line, view).ids ?? []) : [];
  if (time === undefined || id === undefined) return;
  const to = line.params[0] ?? '';
  realm.readMarks.note(nameOf(isSelf(to, view) ? line.nick : to, view), { time, id });
}

/** That our user has read up to a message; `undefined` where it is not known when that was said. Throws a `Failure`. */
export function markWire(event: EventOf<'receipt'>, { realm, view }: IrcConnection): Wire | undefined {
  const to = target(event.place, view);
  const time = realm.readMarks.timeOf(nameOf(to, view), event.target);
  return time === undefined
    ? undefined
    : { line: makeLine('MARKREAD', [to, `timestamp=${time}`]), kind: 'read', target: view.fold(to), text: time };
}

/** MARKREAD: our user has read a channel, or what somebody has written, by another client. Nobody else hears of it. */
export const readElsewhere: LineReading = ({ params: [to = '', stamp = ''] }, { host, realm, view, pending }) => {
  if (pending.done('read', view.fold(to)) || !isName(to)) return true;
  const time = /^timestamp=(.+)$/.exec(stamp)?.[1];
  const read = time === undefined ? undefined : realm.readMarks.upTo(nameOf(to, view), time);
  const isRoom = roomOf(to, view) !== undefined;
  if (read === undefined || (isRoom && !view.room(view.fold(to))?.joined)) return true;
  const from = { kind: 'network', id: view.id(view.nick), name: view.nick, self: true } as const;
  const told = { kind: 'receipt', target: read, state: 'displayed', upTo: true } as const;
  const place = isRoom ? roomPlace(to, view) : contactPlace(to, view);
  emit(host, [{ place, from, ...(isRoom && { seenBy: view.account }), ...told }]);
  return true;
};
