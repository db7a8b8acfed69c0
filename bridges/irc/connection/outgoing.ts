import { markWire } from '#bridges/irc/people/read-marks.ts';
import { encode, reactionWire } from '#bridges/irc/wire/encode.ts';
import { target, type Wire } from '#bridges/irc/wire/line.ts';
import { withLabel } from '#bridges/irc/wire/tags.ts';
import type { Event } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import type { IrcConnection } from './irc-connection.ts';

/**
 * What an event of our user is on the wire; `undefined` for what leaves no line of its own, or none now. Throws a `Failure`
 * for what cannot be said on IRC.
 */
export function wireOf(event: Event, connection: IrcConnection): Wire | undefined {
  const { view, realm, people } = connection;
  switch (event.kind) {
    case 'presence':
      return void connection.ownAway.take(event);
    case 'contact':
      return void people.subscribe(event);
    case 'typing':
      return void connection.ownTyping.take(target(event.place, view), event.active);
    case 'reaction': {
      const of = { place: target(event.place, view), target: event.target, who: view.account };
      return reactionWire(event, realm.reactions.replace(of, event.emoji), view);
    }
    case 'receipt':
      return event.state === 'displayed' ? markWire(event, connection) : undefined;
    case 'message':
      if (connection.ownTyping.any && event.place.kind !== 'realm')
        connection.ownTyping.said(target(event.place, view));
      if (event.place.kind === 'contact') people.talksWith(target(event.place, view));
  }
  return encode(event, view);
}

/** What leaves for an event: with a label where the server says by that what it answers. */
export function linesOf(
  id: EventId,
  { line, lines }: Wire,
  { view, pending }: IrcConnection,
): string | readonly string[] {
  if (!view.caps.has('labeled-response')) return lines ?? line;
  const label = pending.label(id);
  if (!lines) return withLabel(line, label);
  const [first = line, ...rest] = lines;
  return [withLabel(first, label), ...rest];
}
