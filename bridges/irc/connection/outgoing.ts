import { encode, reactionWire } from '#bridges/irc/wire/encode.ts';
import { target, type Wire } from '#bridges/irc/wire/line.ts';
import type { Event } from '#src/model/event.ts';
import type { IrcConnection } from './irc-connection.ts';

/**
 * What an event of our user is on the wire; `undefined` for what leaves no line of its own, or none now. Throws a `Failure`
 * for what cannot be said on IRC.
 */
export function wireOf(event: Event, connection: IrcConnection): Wire | undefined {
  const { view, realm, people, ownTyping } = connection;
  switch (event.kind) {
    case 'presence':
      return void connection.ownAway.take(event);
    case 'contact':
      return void people.subscribe(event);
    case 'typing':
      return void ownTyping.take(target(event.place, view), event.active);
    case 'reaction': {
      const of = { place: target(event.place, view), target: event.target, who: view.account };
      return reactionWire(event, realm.reactions.replace(of, event.emoji), view);
    }
    case 'message':
      if (event.place.kind !== 'realm') ownTyping.said(target(event.place, view));
      if (event.place.kind === 'contact') people.talksWith(target(event.place, view));
  }
  return encode(event, view);
}
