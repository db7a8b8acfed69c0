import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountKey, type BareJid, type EventId, type XmppId } from '#src/model/ids.ts';
import type { Statement, Store } from '#src/store/index.ts';
import { ground } from '../contract/store.ts';
import { type Postgres, startPostgres } from '../real/postgres.ts';
import { describeReal } from '../real/servers.ts';
import { tempFolder } from '../store/folder.ts';

type Change = (store: Store) => readonly Statement[];

const name = fc.constantFrom('a', 'b', 'B', 'ß', '😀', "o'", '?');
const small = fc.nat(6);
const romeo = (of: string) => accountKey(`${of}@a.example` as BareJid, 'net');

/** One change of some noun, as often broken as not. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(name, small, small).map(
    ([of, limit, cost]): Change =>
      (store) => [store.budgets.reserve({ name: of, day: 1 }, limit, cost)],
  ),
  fc.tuple(name, small).map(
    ([of, cost]): Change =>
      (store) => [store.budgets.release({ name: of, day: 1 }, cost)],
  ),
  fc.tuple(name, small, fc.nat(5000), fc.double({ min: 0, max: 9, noNaN: true })).map(
    ([of, cost, now, perSecond]): Change =>
      (store) => [store.buckets.take({ name: of, burst: 6, perSecond }, cost, now)],
  ),
  fc.tuple(name, name).map(
    ([of, value]): Change =>
      (store) => [store.aliases.put('net', of, value)],
  ),
  fc.tuple(name, fc.boolean()).map(
    ([of, flag]): Change =>
      (store) => [
        store.contacts.put({
          account: romeo(of),
          id: of,
          name: null,
          from: flag,
          to: !flag,
          pendingIn: flag,
          pendingOut: flag,
          owed: flag ? ['subscribed'] : [],
        }),
      ],
  ),
  fc.tuple(name, small).map(
    ([of, at]): Change =>
      (store) => [store.visibility.open(romeo(of), of, at)],
  ),
  fc.tuple(name, small).map(
    ([of, at]): Change =>
      (store) => [store.visibility.close(romeo(of), of, at)],
  ),
  fc.tuple(name, small, fc.array(name)).map(
    ([of, at, ids]): Change =>
      (store) =>
        store.links.add({ event: of as EventId, place: 'p', at, author: of, side: 'xmpp', ids: ids as XmppId[] }),
  ),
  fc.tuple(small, small).map(
    ([before, max]): Change =>
      (store) => [store.links.prune(before, max)],
  ),
  fc.tuple(name, fc.uint8Array(), fc.option(small, { nil: undefined })).map(
    ([key, value, expires]): Change =>
      (store) => [
        store.bridgeState.put({ transport: 'net', account: '', key }, value, expires === undefined ? {} : { expires }),
      ],
  ),
  fc.tuple(name, small).map(
    ([of, at]): Change =>
      (store) => [
        store.accounts.put({
          key: romeo(of),
          user: `${of}@a.example` as BareJid,
          transport: 'net',
          registered: false,
          created: at,
          seen: at,
        }),
      ],
  ),
  name.map(
    (of): Change =>
      (store) => [store.accounts.register(romeo(of), true)],
  ),
);

const TABLES = [
  ['accounts', 'key'],
  ['aliases', 'transport, alias'],
  ['bridge_state', 'transport, account, key'],
  ['buckets', 'name'],
  ['budgets', 'name, day'],
  ['contacts', 'account, id'],
  ['links', 'event, side, part'],
  ['visibility', 'account, place, from_id'],
] as const;

const dump = (store: Store) =>
  Promise.all(TABLES.map(([table, key]) => store.read({ sql: `select * from ${table} order by ${key}`, params: [] })));

const clear = (store: Store) => store.unit(TABLES.map(([table]) => ({ sql: `delete from ${table}`, params: [] })));

/** What each unit came to. */
async function play(store: Store, units: readonly (readonly Change[])[]): Promise<unknown[]> {
  const ends = await Promise.allSettled(units.map((unit) => store.unit(unit.flatMap((each) => each(store)))));
  return ends.map((end) =>
    end.status === 'fulfilled'
      ? end.value
      : [end.reason.name, end.reason.index, end.reason.changed, end.reason.constraint],
  );
}

describeReal('both engines', ['postgresql'], () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('come to the same by the same units', async () => {
    using folder = tempFolder();
    await using one = await ground(`sqlite:${folder.file('store.db')}`).open();
    await using other = await ground(await postgres.database()).open();
    const units = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(units, async (played) => {
        const [here, there] = await Promise.all([play(one, played), play(other, played)]);
        expect(there).toEqual(here);
        const [left, right] = await Promise.all([dump(one), dump(other)]);
        expect(right).toEqual(left);
        await Promise.all([clear(one), clear(other)]);
      }),
      { numRuns: 60 },
    );
  });
});
