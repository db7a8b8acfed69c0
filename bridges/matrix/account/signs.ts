import { presenceIn, receiptsIn, typingChanges } from '#bridges/matrix/wire/ephemeral.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import type { OwnRoom, OwnRooms } from './rooms.ts';
import type { OwnRoomNews } from './sync.ts';

type SignParts = {
  readonly host: Pick<Host, 'clock'>;
  readonly account: AccountKey;
  readonly user: string;
  readonly rooms: OwnRooms;
  readonly partyOf: (room: string, who: string) => Party;
  /** Somebody who is in a room where the user talks with another one alone. */
  readonly isThird: (room: string, who: string) => boolean;
};

/** What people do without a word, as an account is told it: they type, have read, are there. */
export function openSigns({ host, account, user, rooms, partyOf, isThird }: SignParts) {
  const receipt = (id: string, who: string, event: string): Draft => ({
    place: rooms.place(id),
    from: partyOf(id, who),
    ...{ kind: 'receipt', target: event as ForeignId, state: 'displayed', upTo: true },
  });

  function typing(own: OwnRoom, content: Json): Draft[] {
    const { id } = own.room;
    const { now, typing: still, stopped } = typingChanges(own.typing, content);
    own.typing = now;
    const told = (users: readonly string[], active: boolean): Draft[] =>
      users
        .filter((who) => who !== user && !isThird(id, who))
        .map((who) => ({ place: rooms.place(id), from: partyOf(id, who), kind: 'typing', active }));
    return [...told(still, true), ...told(stopped, false)];
  }

  function ephemeral(edu: Json, own: OwnRoom): Draft[] {
    const content = objectOf(edu.content);
    const { id } = own.room;
    if (edu.type === 'm.typing') return typing(own, content);
    if (edu.type !== 'm.receipt') return [];
    const read = receiptsIn(content).filter(({ user: who }) => !isThird(id, who));
    return read.map(({ user: who, event }) => receipt(id, who, event));
  }

  /** Read in another client. */
  function readTo({ room }: OwnRoom, content: unknown): Draft[] {
    const event = textOf(objectOf(content).event_id);
    return event === undefined ? [] : [receipt(room.id, user, event)];
  }

  return {
    ofRoom: ({ ephemeral: edus, accountData }: OwnRoomNews, own: OwnRoom): Draft[] => [
      ...edus.flatMap((edu) => ephemeral(edu, own)),
      ...accountData.flatMap(({ type, content }) => (type === 'm.fully_read' ? readTo(own, content) : [])),
    ],

    presence({ sender, content }: Json): Draft[] {
      const who = textOf(sender);
      const body = who === undefined || who === user ? undefined : presenceIn(objectOf(content), host.clock.now());
      if (!body || who === undefined || rooms.between(who) === undefined) return [];
      return [{ place: { kind: 'contact', account, id: localOf(who) }, from: { kind: 'network', id: who }, ...body }];
    },
  };
}
