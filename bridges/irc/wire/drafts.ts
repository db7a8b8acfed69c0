import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import type { Draft, MessageStyle } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { type Language, spoken, type Words } from '#src/model/language.ts';
import { type Place, sharedPlace } from '#src/model/place.ts';
import { isBlank } from '#src/model/text.ts';
import { isName, isRoomName } from './names.ts';
import { byOurClock, serverTimeOf } from './times.ts';

type Network = Extract<Draft['from'], { kind: 'network' }>;

/** The address of a channel or person, by any spelling that the server takes for the same name. */
export const addressOf = (kind: 'room' | 'contact', name: string, view: ServerView): string =>
  view.addresses.format(view.addresses.fold({ kind, realm: view.realm, name: view.id(name) }));

/** The place of a channel, by any spelling of its name. One that we are in remembers it. */
export const roomPlace = (name: string, view: ServerView): Place =>
  view.room(view.fold(name))?.place ?? sharedPlace(view.transport, addressOf('room', name, view));

export const contactPlace = (nick: string, view: ServerView): Place => ({
  kind: 'contact',
  account: view.account,
  id: addressOf('contact', nick, view),
});

/** Who sent a line: a nick, or a server by its name. */
export function sender(line: Line, view: ServerView): Network {
  const name = line.nick || line.prefix;
  const self = line.nick !== '' && view.fold(line.nick) === view.fold(view.nick);
  return { kind: 'network', id: view.id(name), name, ...(self && { self }) };
}

/** Whether a line comes from a person (or service) that can be written to. */
export const fromPerson = (line: Line): boolean => isName(line.nick) && !/^[$@~%#&+!]/.test(line.nick);

/** When it happened, as the server says (IRCv3 server-time) and by our clock, milliseconds since 1970. */
export function stamp(line: Line, view: Pick<ServerView, 'clockOffset'>): { at?: number } {
  const at = byOurClock(serverTimeOf(line), view);
  return at === undefined ? {} : { at };
}

/** What somebody says, and where. */
export type Saying = {
  readonly place: Place;
  readonly text: string;
  readonly style: MessageStyle;
  readonly ids?: readonly ForeignId[];
  readonly replyTo?: ForeignId;
};

/** What was said in a channel so many ms ago is played back, by a bouncer or server: `batch`, which would say so, is not asked for. */
const PLAYED_BACK = 2 * 60_000;

/** A message draft with the codes that were sent, or nothing where no text is left without them. */
export function saying(line: Line, view: ServerView, { place, text, style, ...rest }: Saying): Draft[] {
  if (isBlank(stripFormatting(text))) return [];
  const { at } = stamp(line, view);
  const past = at !== undefined && place.kind === 'shared' && view.now() - at > PLAYED_BACK && { at, live: false };
  return [
    {
      kind: 'message',
      place,
      from: sender(line, view),
      ...(past || (at !== undefined && { at })),
      text,
      style,
      ...rest,
    },
  ];
}

/** What the server itself or the gateway says, this in a language: chat from the realm, not to be stored or copied. */
export function realmNotice(
  view: Pick<ServerView, 'account' | 'realm'>,
  words: Words,
  language: Language = 'en',
): Draft[] {
  const { text, ...lang } = spoken(words, language);
  const plain = text
    .split('\n')
    .map((row) => stripFormatting(row).trimEnd())
    .join('\n');
  if (isBlank(plain)) return [];
  return [
    {
      kind: 'message',
      place: { kind: 'realm', account: view.account, realm: view.realm },
      from: { kind: 'network', id: view.realm, name: view.realm },
      hints: { copy: false, store: false, private: true },
      text: plain,
      ...lang,
      style: 'plain',
    },
  ];
}

type Invitation = { readonly view: ServerView; readonly room: string; readonly line?: Line; readonly reason?: string };

/** An invitation to a channel, from a person, or from the server where `line` names none. */
export function invitation({ view, room, line, reason }: Invitation): Draft[] {
  if (!isRoomName(room) || !isName(room)) return [];
  const { realm, account } = view;
  const person = line && fromPerson(line);
  return [
    {
      kind: 'invite',
      place: person ? contactPlace(line.nick, view) : { kind: 'realm', account, realm },
      from: person ? sender(line, view) : { kind: 'network', id: realm, name: realm },
      ...(line && stamp(line, view)),
      room: addressOf('room', room, view),
      ...(reason !== undefined && { reason }),
    },
  ];
}
