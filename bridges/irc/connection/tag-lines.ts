// Lines that say something about other lines, or nothing in words.

import { isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { contactPlace, fromPerson, roomPlace, sender, stamp } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import { REACT, REPLY, TYPING, tag, UNREACT } from '#bridges/irc/wire/tags.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { IrcConnection } from './irc-connection.ts';
import type { LineReading } from './line-table.ts';
import type { Line } from './server-view.ts';

/** Where a line of somebody else belongs that this connection tells of; `undefined` where another one does, or nobody. */
function placeOf(line: Line, { view, channels, realm }: IrcConnection): Place | undefined {
  const [target = ''] = line.params;
  if (!fromPerson(line) || view.ours(view.fold(line.nick)) !== undefined) return undefined;
  const name = roomOf(target, view);
  if (name === undefined) return isSelf(target, view) ? contactPlace(line.nick, view) : undefined;
  const folded = view.fold(name);
  const told = channels.get(folded)?.joined && realm.primaries.isPrimary(folded, view);
  return told ? roomPlace(name, view) : undefined;
}

const keyOf = (place: Place): string => (place.kind === 'realm' ? '' : place.id);

/** TAGMSG: somebody types, or reacts to a message. Nobody is told of our own. */
export const tagMessage: LineReading = (line, connection) => {
  const place = placeOf(line, connection);
  if (!place) return true;
  const { host, realm, view, typing } = connection;
  const from = sender(line, view);
  const state = tag(line.tags, TYPING);
  if (state !== undefined)
    typing.take(`${keyOf(place)} ${from.id}`, state, (active) => emit(host, [{ kind: 'typing', place, from, active }]));
  const target = tag(line.tags, REPLY);
  const added = tag(line.tags, REACT);
  const emoji = cleaned(added ?? tag(line.tags, UNREACT) ?? '');
  if (!target || emoji === '') return true;
  const of = { place: keyOf(place), target, who: from.id };
  emit(host, [
    {
      ...{ kind: 'reaction', place, from, ...stamp(line, view), target: target as ForeignId },
      emoji: realm.reactions.change(of, emoji, added !== undefined),
    },
  ]);
  return true;
};

/** https://ircv3.net/specs/extensions/message-redaction: a message is taken back, by who has said it or by a moderator. */
export const redaction: LineReading = (line, connection) => {
  const { host, realm, view, pending } = connection;
  const [to = '', target = '', reason = ''] = line.params;
  if (isSelf(line.nick, view)) return pending.done('redact', view.fold(to), target);
  const place = placeOf(line, connection);
  if (!place || target === '') return true;
  const from = sender(line, view);
  const author = realm.authors.get(target);
  const said = cleaned(reason);
  emit(host, [
    {
      ...{ kind: 'retract', place, from, ...stamp(line, view), target: target as ForeignId },
      ...(said !== '' && { reason: said }),
      ...(author !== undefined && author !== from.id && { by: from.name ?? from.id }),
    },
  ]);
  return true;
};
