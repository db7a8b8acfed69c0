import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { Failure } from '#src/model/failure.ts';

/** Asks whether a room is encrypted by now: the content of its `m.room.encryption` (§11.12.3), or nothing. Rejects where that is not known. */
export type EncryptionLook = (room: string, as?: string) => Promise<Json | undefined>;

/**
 * What is in plain is looked at once more before anything is said there: of what changed a moment ago, or while the homeserver
 * could not reach us, we have not been told. Those who ask while it is being answered share the answer.
 */
export function openEncryptionLook(server: Homeserver): EncryptionLook {
  const asking = new Map<string, Promise<Json | undefined>>();
  return (room, as) => {
    const key = `${as ?? ''} ${room}`;
    const answer = asking.get(key) ?? encryptionOf(server, room, as).finally(() => asking.delete(key));
    asking.set(key, answer);
    return answer;
  };
}

async function encryptionOf(server: Homeserver, room: string, as: string | undefined): Promise<Json | undefined> {
  try {
    return await server.call({ method: 'GET', path: ['v3', 'rooms', room, 'state', 'm.room.encryption', ''], as });
  } catch (error) {
    // Whatever else is not found is no answer to that.
    if (error instanceof Failure && error.foreign === 'M_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Whether what is said in a room is encrypted. Rejects where that is not known. */
export async function isEncrypted(server: Homeserver, room: string, as: string): Promise<boolean> {
  return (await encryptionOf(server, room, as)) !== undefined;
}
