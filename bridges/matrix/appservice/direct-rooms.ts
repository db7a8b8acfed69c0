import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { MARK } from '#bridges/matrix/messages/marks.ts';
import { isEncrypted } from '#bridges/matrix/rooms/encryption.ts';
import { findMade, inviteAgain } from '#bridges/matrix/rooms/made.ts';
import { BRIDGE_TYPES, bridgeContent, bridgeKey } from '#bridges/matrix/wire/bridge-info.ts';
import { type RoomEvent, textOf } from '#bridges/matrix/wire/event.ts';
import type { Host } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Direct, Directs } from './directs.ts';
import type { Ghosts } from './ghosts.ts';

export type DirectRoomParts = {
  readonly host: Pick<Host, 'transport'>;
  readonly server: Homeserver;
  readonly ghosts: Pick<Ghosts, 'bot'>;
  readonly directs: Directs;
};

/** For whom a room is made, and by which event. */
export type Wanted = {
  readonly event: string;
  readonly account: AccountKey;
  readonly as: string;
  readonly user: string;
};

/** Events that are remembered to be in doubt. */
const REMEMBERED = 1_000;

/** Makes rooms for a ghost and one user of Matrix. Each is marked with the event for which it is made. */
export function openDirectRooms({ host, server, ghosts, directs }: DirectRoomParts) {
  /** Events for which a room may have been made although nobody has said so. */
  const doubted = openRecent<true>(REMEMBERED);
  /** What rooms are made for, by the events; and those rooms of them that the homeserver has told of. */
  const making = openRecent<Wanted>(REMEMBERED);
  const begun = openRecent<Wanted>(REMEMBERED);

  async function directOf({ account, as, user }: Wanted, room: string): Promise<Direct> {
    const encrypted = await isEncrypted(server, room, as);
    return { ...directs.in(room), room, account, user, ...(encrypted && { encrypted }) };
  }

  async function created({ event, account, as, user }: Wanted): Promise<string> {
    const id = splitAccount(account).user;
    const bridged = { transport: host.transport, bot: ghosts.bot, id };
    const state = { state_key: bridgeKey(bridged), content: bridgeContent(bridged) };
    const initial = BRIDGE_TYPES.map((type) => ({ type, ...state }));
    const kind = { is_direct: true, preset: 'trusted_private_chat' };
    const body = { ...kind, invite: [user], creation_content: { [MARK]: event }, initial_state: initial };
    const made = await server.call({ method: 'POST', path: ['v3', 'createRoom'], body, as });
    const room = textOf(made.room_id);
    if (room === undefined) throw new Failure('remote-server-timeout', { certain: false });
    return room;
  }

  return {
    /** It is not known what has become of an event: a room may have been made for it. */
    doubt: (event: string): void => doubted.set(event, true),

    /** Takes in what is told of a room that is being made: whom it is for may speak in it before the homeserver has answered. */
    async told({ type, room, sender, stateKey, content }: RoomEvent): Promise<void> {
      const wanted = type === 'm.room.create' ? making.get(textOf(content[MARK]) ?? '') : undefined;
      if (wanted?.as === sender) begun.set(room, wanted);
      const known = type === 'm.room.member' && !directs.in(room) ? begun.get(room) : undefined;
      // Where they are not even invited nobody is there to be written to.
      if (known && known.user === stateKey && (content.membership === 'invite' || content.membership === 'join'))
        await directs.put({ room, account: known.account, user: known.user });
    },

    /** The room that was made for an event in an earlier try; nothing where there is none. Rejects with a `Failure`. */
    async madeFor(wanted: Wanted): Promise<Direct | undefined> {
      const { event, as, user } = wanted;
      const room = doubted.get(event) && (await findMade(server, event, as));
      if (room === undefined) return undefined;
      await inviteAgain(server, { user, room, as });
      const direct = await directOf(wanted, room);
      await directs.put(direct);
      return direct;
    },

    /** Makes one. Rejects with a `Failure`, in doubt where it may be there all the same. */
    async make(wanted: Wanted): Promise<Direct> {
      const { account, as, user } = wanted;
      // An invitation to nobody would stand for ever.
      await server.call({ method: 'GET', path: ['v3', 'profile', user], as }).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'item-not-found') throw error;
      });
      making.set(wanted.event, wanted);
      return directs.make(account, async () => directOf(wanted, await created(wanted)));
    },
  };
}

export type DirectRooms = ReturnType<typeof openDirectRooms>;
