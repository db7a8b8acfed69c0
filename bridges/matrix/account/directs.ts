import type { DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isWritten, MARK } from '#bridges/matrix/messages/marks.ts';
import { inviteAgain } from '#bridges/matrix/rooms/made.ts';
import { type Json, objectOf, textOf, textsOf } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import type { OwnRooms } from './rooms.ts';

export type OwnDirectParts = {
  readonly user: string;
  readonly server: Homeserver;
  readonly rooms: OwnRooms;
  readonly keys: DeviceKeys | undefined;
};

/**
 * With whom the account talks in a room that a gateway has made for the two, as its first events say; nobody in other rooms.
 * A homeserver tells of a room before the invitation is in it: `making` knows who is to be invited.
 */
export function madeWith(
  { user, making }: { readonly user: string; readonly making: ReadonlyMap<string, string> },
  events: readonly unknown[],
): string | undefined {
  const all = events.map(objectOf);
  const create = all.find(({ type }) => type === 'm.room.create');
  const content = objectOf(create?.content);
  if (create?.sender !== user || !isWritten(content)) return undefined;
  const isInvited = ({ type, state_key, content }: Json): boolean =>
    type === 'm.room.member' && state_key !== user && objectOf(content).is_direct === true;
  return textOf(all.find(isInvited)?.state_key) ?? making.get(textOf(content[MARK]) ?? '');
}

/** Events that are remembered to be in doubt. */
const REMEMBERED = 1_000;

/** Makes rooms for the account and one other person. Each is marked with the event for which it is made. */
export function openOwnDirects({ user, server, rooms, keys }: OwnDirectParts) {
  /** Events for which a room may have been made although nobody has said so. */
  const doubted = openRecent<true>(REMEMBERED);

  /** The room that was made for an event in an earlier try; nothing where there is none. Rejects with a `Failure`. */
  async function madeFor(event: string, who: string): Promise<string | undefined> {
    const isIt = (id: string): boolean => {
      const { create } = rooms.get(id)?.room ?? {};
      return create?.sender === user && create.content[MARK] === event && rooms.isIn(id);
    };
    // It may not have been told yet.
    if (doubted.get(event)) {
      const found = await server.call({ method: 'GET', path: ['v3', 'joined_rooms'] });
      for (const id of textsOf(found.joined_rooms)) if (!rooms.isIn(id)) await rooms.load(id);
    }
    const id = [...rooms.ids()].find(isIt);
    if (id === undefined) return undefined;
    if (doubted.get(event)) await inviteAgain(server, { user: who, room: id });
    await rooms.pair(id, who);
    rooms.making.delete(event);
    return id;
  }

  async function make(event: string, who: string): Promise<string> {
    // An invitation to nobody would stand for ever.
    await server.call({ method: 'GET', path: ['v3', 'profile', who] }).catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'item-not-found') throw error;
    });
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
    const body = {
      is_direct: true,
      preset: 'trusted_private_chat',
      invite: [who],
      creation_content: { [MARK]: event },
      initial_state: keys && (await canDecrypt(who)) ? [encryption] : [],
    };
    rooms.making.set(event, who);
    try {
      const id = await created(event, body);
      await rooms.pair(id, who);
      await rooms.load(id);
      return id;
    } finally {
      // What is in doubt may yet be told of.
      if (!doubted.get(event)) rooms.making.delete(event);
    }
  }

  async function created(event: string, body: object): Promise<string> {
    try {
      const made = await server.call({ method: 'POST', path: ['v3', 'createRoom'], body: objectOf(body) });
      const id = textOf(made.room_id);
      if (id === undefined) throw new Failure('remote-server-timeout', { certain: false });
      return id;
    } catch (error) {
      if (error instanceof Failure && !error.certain) doubt(event);
      throw error;
    }
  }

  /** Whether somebody has a device with keys: to others an encrypted room is a closed door. Rejects with a `Failure` where nobody knows. */
  async function canDecrypt(who: string): Promise<boolean> {
    const body = { device_keys: { [who]: [] } };
    const found = await server.call({ method: 'POST', path: ['v3', 'keys', 'query'], body, repeatable: true });
    if (Object.keys(objectOf(objectOf(found.device_keys)[who])).length > 0) return true;
    if (Object.hasOwn(objectOf(found.failures), serverOf(who))) throw new Failure('remote-server-timeout');
    return false;
  }

  /** It is not known what has become of an event: a room may have been made for it. */
  const doubt = (event: string): void => doubted.set(event, true);

  return { madeFor, make, doubt };
}
