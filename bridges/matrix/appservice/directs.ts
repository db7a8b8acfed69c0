import type { Host, StateWrite } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** A room for an account's ghost and one user of Matrix. */
export type Direct = {
  readonly room: string;
  readonly account: AccountKey;
  readonly user: string;
  readonly encrypted?: boolean;
  /** It was said that what is encrypted cannot be read. */
  readonly warned?: boolean;
};

const PREFIX = 'direct ';

/** The direct rooms of all accounts: known from the start, and kept. All of one person are one contact. */
export async function openDirects({ state }: Pick<Host, 'state'>) {
  const byRoom = new Map<string, Direct>();
  /** The rooms of an account with one person, that which was active last at the end. */
  const pairs = new Map<string, Set<string>>();
  const roomsOf = (account: AccountKey, user: string): Set<string> =>
    pairs.get(`${account} ${user}`) ?? new Set<string>();
  for (const { key, value } of await state.list({ prefix: PREFIX })) {
    const direct = { ...(JSON.parse(value) as Omit<Direct, 'room'>), room: key.slice(PREFIX.length) };
    byRoom.set(direct.room, direct);
    active(direct);
  }

  function active({ account, user, room }: Direct): void {
    const all = roomsOf(account, user);
    all.delete(room);
    pairs.set(`${account} ${user}`, all.add(room));
  }

  const writeOf = ({ room, ...direct }: Direct): StateWrite => ({ key: PREFIX + room, value: JSON.stringify(direct) });

  /** Resolves once it is kept. */
  async function put(direct: Direct): Promise<void> {
    await state.write([writeOf(direct)]);
    byRoom.set(direct.room, direct);
    active(direct);
  }

  const making = new Set<AccountKey>();

  return {
    /** Whether the account is making one, which may be heard of before it is known. */
    isMaking: (account: AccountKey): boolean => making.has(account),
    /** Makes one by what `make` does, and keeps it. */
    async make(account: AccountKey, make: () => Promise<Direct>): Promise<Direct> {
      making.add(account);
      try {
        const direct = await make();
        await put(direct);
        return direct;
      } finally {
        making.delete(account);
      }
    },
    put,
    in: (room: string): Direct | undefined => byRoom.get(room),
    /** Where the account talks with a user. */
    between(account: AccountKey, user: string): Direct | undefined {
      const room = [...roomsOf(account, user)].at(-1);
      return room === undefined ? undefined : byRoom.get(room);
    },
    /** The rooms of an account with a user, that which was active last at first. */
    all: (account: AccountKey, user: string): readonly string[] => [...roomsOf(account, user)].toReversed(),
    count: (account: AccountKey, user: string): number => roomsOf(account, user).size,
    /** Something was said in it. */
    active,
    async remove(room: string): Promise<void> {
      const direct = byRoom.get(room);
      if (!direct) return;
      byRoom.delete(room);
      const left = roomsOf(direct.account, direct.user);
      left.delete(room);
      if (left.size === 0) pairs.delete(`${direct.account} ${direct.user}`);
      await state.delete({ key: PREFIX + room });
    },
    of: (account: AccountKey): readonly Direct[] => [...byRoom.values()].filter((one) => one.account === account),
  };
}

export type Directs = Awaited<ReturnType<typeof openDirects>>;
