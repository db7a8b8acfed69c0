import { localOf } from '#bridges/matrix/wire/ids.ts';
import { HOMESERVER } from '../../../test/real/synapse.ts';
import type { Person } from './people.ts';

/** Where users and people talk: `local` is of the JID that users write to. */
export type Talk = {
  readonly room: string;
  readonly local: string;
  readonly encrypted: boolean;
  readonly users: readonly string[];
  readonly people: readonly Person[];
} & (
  | { readonly kind: 'chat' }
  /** What each sees of the others is written there, too. */
  | { readonly kind: 'room' }
);

/** Users with an account of their own, and those of the application service. */
export const LINKED = ['romeo', 'juliet'] as const;
export const GHOSTS = ['nurse', 'peter'] as const;

export const idOf = (name: string): string => `@${name}:${HOMESERVER}`;

/** After so many messages of ours an encrypted room has another key. */
const ROTATION = 6;
const encryption = {
  type: 'm.room.encryption',
  state_key: '',
  content: { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: ROTATION },
};

export type Places = readonly Talk[];

/** Makes them: an encrypted chat for each linked account, an encrypted room that both are in, and a public one of ghosts. */
export async function makePlaces(
  [bob, carol]: readonly [Person, Person],
  enter: (user: string, local: string) => Promise<void>,
): Promise<Places> {
  const [romeo, juliet] = LINKED;
  const make = async (by: Person, how: object): Promise<string> =>
    (await by.nio.do('create', JSON.stringify({ preset: 'private_chat', ...how }))) ?? '';

  async function chat(person: Person, user: string): Promise<Talk> {
    const room = await make(person, { is_direct: true, invite: [idOf(user)], initial_state: [encryption] });
    await person.joined(room, idOf(user));
    return {
      kind: 'chat',
      room,
      local: localOf(person.user).replace(':', '\\3a'),
      encrypted: true,
      users: [user],
      people: [person],
    };
  }

  async function encryptedRoom(): Promise<Talk> {
    const invite = [carol.user, ...LINKED.map(idOf)];
    const room = await make(bob, { invite, initial_state: [encryption] });
    const local = localOf(room).replaceAll(':', '\\3a');
    await carol.nio.do('join', room);
    await Promise.all(LINKED.map((user) => enter(user, local)));
    for (const person of [bob, carol]) for (const user of LINKED) await person.joined(room, idOf(user));
    return { kind: 'room', room, local, encrypted: true, users: LINKED, people: [bob, carol] };
  }

  async function publicRoom(): Promise<Talk> {
    const room = await make(bob, { preset: 'public_chat', alias: 'verona' });
    await carol.nio.do('join', room);
    const local = `#verona\\3a${HOMESERVER}`;
    await Promise.all(GHOSTS.map((user) => enter(user, local)));
    return { kind: 'room', room, local, encrypted: false, users: GHOSTS, people: [bob, carol] };
  }

  return [await chat(bob, romeo), await chat(carol, juliet), await encryptedRoom(), await publicRoom()];
}
