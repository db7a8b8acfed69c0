import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Invitation, type Invitations, openInvitations } from '#bridges/matrix/rooms/invitations.ts';
import { objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { localOf, serverOf } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { OwnRooms } from './rooms.ts';

export type OwnInvitationParts = {
  readonly host: Host;
  readonly account: AccountKey;
  readonly user: string;
  readonly server: Homeserver;
  readonly rooms: OwnRooms;
  /** How many rooms with one person are entered unasked. */
  readonly directRooms: number;
  /** Ends with the session. */
  readonly stop: AbortSignal;
};

const INVITED = 'invited-to ';
/** Invitations that the user is told of and has not answered; what is beyond stands at the homeserver. */
const MOST_TOLD = 100;

/** Invitations of an account: those to talk alone are accepted, beside all else that a sync tells. */
export function openOwnInvitations(parts: OwnInvitationParts) {
  const { host, account, user, server, rooms, stop } = parts;
  /** Who has invited into which rooms, as was told. */
  const told = new Map<string, string>();
  let opening: Promise<Invitations> | undefined;

  async function open(): Promise<Invitations> {
    for (const { key, value } of await host.state.list({ account, prefix: INVITED }))
      told.set(key.slice(INVITED.length), value);
    return openInvitations({ host, account, stop, enter, gaveUp: tell });
  }

  async function enter({ room, user: sender }: Invitation): Promise<void> {
    // What is said before a sync has told of it goes there as well.
    await rooms.come(room, [serverOf(sender)]);
    await rooms.pair(room, sender);
  }

  async function leave(room: string): Promise<void> {
    await server.call({ method: 'POST', path: ['v3', 'rooms', room, 'leave'], body: {}, repeatable: true });
  }

  /** Leaves it to the user whether to come. */
  async function tell({ room, user: sender }: Invitation, reason = ''): Promise<void> {
    const from = { kind: 'network', id: sender } as const;
    const place = { kind: 'contact', account, id: localOf(sender) } as const;
    const invite = { kind: 'invite', room: localOf(room), ...(reason !== '' && { reason }) } as const;
    await host.emit([{ place, from, ...invite }], [{ account, key: INVITED + room, value: sender }]);
    told.set(room, sender);
  }

  /** Begins, once it is known whom the user talks with alone. */
  const begin = (): Promise<Invitations> => (opening ??= open());

  return {
    begin,
    /** Resolves once nothing is done to come to where somebody has asked to talk alone. */
    between: async (who: string): Promise<void> => (await begin()).between(account, who),
    /** Takes an invitation in: to talk alone it is accepted, once its sender may speak to the account. */
    async take(room: string, state: readonly unknown[]): Promise<void> {
      const members = state.map(objectOf).filter(({ type }) => type === 'm.room.member');
      const own = members.find(({ state_key }) => state_key === user);
      const sender = textOf(own?.sender);
      if (!own || sender === undefined) return;
      const invitations = await begin();
      const content = objectOf(own.content);
      const admission = await host.admits({ account, contact: localOf(sender) });
      if (admission === 'blocked' || admission === 'declined')
        return invitations.beside({ room, sender }, () => leave(room));
      const isWanted = content.is_direct === true && rooms.count(sender) < parts.directRooms;
      if (isWanted && (admission === 'yes' || admission === 'first'))
        return invitations.accept({ room, sender }, account);
      // The same invitation stands in every first sync.
      if (told.get(room) === sender || (told.size >= MOST_TOLD && !told.has(room))) return;
      await tell({ account, room, user: sender }, textOf(content.reason));
    },
    /** The user is in a room, or is not invited any more: the next invitation into it is another one. */
    async answered(room: string): Promise<void> {
      await (await begin()).settled(room);
      if (told.delete(room)) await host.state.delete({ account, key: INVITED + room });
    },
  };
}
