import type { Lanes } from '#src/lib/lanes.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { newEventId, splitAccount } from '#src/model/ids.ts';
import { placeKey } from '#src/model/place.ts';
import type { XmppSide } from './index.ts';
import type { Rooms } from './rooms.ts';

export type InboundParts = {
  readonly lanes: Lanes;
  readonly rooms: Rooms;
  readonly xmpp: XmppSide;
  now(): number;
};

/** The way of an event from a network to XMPP. */
export type Inbound = { accept(drafts: readonly Draft[]): void };

/** accept: id and time, lane, room or person. Nothing of it is durable yet, so all of it happens at once. */
export function openInbound({ lanes, rooms, xmpp, now }: InboundParts): Inbound {
  return {
    accept(drafts) {
      for (const draft of drafts) {
        const event: Event = { ...draft, id: newEventId(), at: draft.at ?? now(), live: draft.live ?? true };
        const { place } = event;
        if (place.kind === 'shared' || place.kind === 'room') {
          rooms.apply(event);
          continue;
        }
        // RFC 6121 §8.5.2: the server chooses the resource of a message to a bare JID.
        const to = [{ jid: splitAccount(place.account).user }];
        lanes.run(placeKey(place), () => xmpp.deliver(event, to));
      }
    },
  };
}
