import type { Lanes } from '#src/lib/lanes.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { newEventId, splitAccount } from '#src/model/ids.ts';
import { placeKey } from '#src/model/place.ts';
import type { Statement, Store } from '#src/store/index.ts';
import type { Archive } from './archive.ts';
import type { XmppSide } from './index.ts';
import type { Rooms } from './rooms.ts';

export type InboundParts = {
  readonly lanes: Lanes;
  readonly rooms: Rooms;
  readonly archive: Pick<Archive, 'cut'>;
  readonly store: Pick<Store, 'unit'>;
  readonly xmpp: XmppSide;
  now(): number;
  /** What XMPP carries of a draft, in pieces. */
  degrade(draft: Draft): readonly Draft[];
};

/** The way of an event from a network to XMPP. */
export type Inbound = {
  /**
   * Shows what comes, and resolves once `statements` and all that the drafts made durable are written, in one unit.
   * Synchronous when nothing has to be.
   */
  accept(drafts: readonly Draft[], statements?: readonly Statement[]): void | Promise<void>;
};

/** accept: pieces, id and time, lane, room or person. */
export function openInbound({ lanes, rooms, archive, store, xmpp, now, degrade }: InboundParts): Inbound {
  function show(draft: Draft): void {
    for (const piece of degrade(draft)) {
      const event: Event = { ...piece, id: newEventId(), at: piece.at ?? now(), live: piece.live ?? true };
      const { place } = event;
      if (place.kind === 'shared' || place.kind === 'room') {
        rooms.apply(event);
        continue;
      }
      // RFC 6121 §8.5.2: the server chooses the resource of a message to a bare JID.
      const to = [{ jid: splitAccount(place.account).user }];
      lanes.run(placeKey(place), () => xmpp.deliver(event, to));
    }
  }

  /** Resolves when everything before it in the places' lanes is done; at once where they are idle. */
  function shown(drafts: readonly Draft[]): Promise<unknown> | undefined {
    const open: Promise<void>[] = [];
    for (const key of new Set(drafts.map(({ place }) => placeKey(place)))) {
      let done = false;
      const end = Promise.withResolvers<void>();
      lanes.run(key, () => {
        done = true;
        end.resolve();
      });
      if (!done) open.push(end.promise);
    }
    return open.length === 0 ? undefined : Promise.all(open);
  }

  async function commit(statements: readonly Statement[]): Promise<void> {
    await store.unit([...archive.cut(), ...statements]);
  }

  return {
    accept(drafts, statements = []) {
      for (const draft of drafts) show(draft);
      if (statements.length === 0) return;
      // What happens in busy lanes is durable with this, and what was cut in the meantime was written before it.
      const waiting = shown(drafts);
      return waiting ? waiting.then(() => commit(statements)) : commit(statements);
    },
  };
}
