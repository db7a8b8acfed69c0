import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { openEncryptionLook } from '#bridges/matrix/rooms/encryption.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { Failure } from '#src/model/failure.ts';
import type { Directs } from './directs.ts';
import type { GatewayRooms } from './gateway-rooms.ts';

type Parts = { readonly server: Homeserver; readonly rooms: GatewayRooms; readonly directs: Directs };
type Target = { readonly room: string; readonly as: string };

/** Nothing that can be read goes where all else is encrypted: ghosts have no keys. */
export function openPlain({ server, rooms, directs }: Parts) {
  const look = openEncryptionLook(server);

  /** Throws `policy-violation` for a room that is encrypted, as far as was told. */
  function assertPlain({ room }: Target): void {
    const encrypted = rooms.get(room)?.room.encrypted ?? directs.in(room)?.encrypted ?? false;
    if (encrypted) throw new Failure('policy-violation', { text: texts.encrypted });
  }

  async function learnEncrypted(id: string): Promise<void> {
    const entered = rooms.get(id);
    if (entered) entered.room.encrypted = true;
    const direct = directs.in(id);
    if (direct) await directs.put({ ...direct, encrypted: true });
  }

  return {
    assertPlain,
    /** The same, with what was not told yet. */
    async assertPlainNow(to: Target): Promise<void> {
      assertPlain(to);
      if (await look(to.room, to.as)) await learnEncrypted(to.room);
      assertPlain(to);
    },
  };
}
