import { expect, it } from 'vitest';
import { openContactRefusals } from '#src/core/people/refusals.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { tempFolder } from '../../store/folder.ts';

const log = openLog('silent');
const account = accountKey('mallory@b.example' as BareJid, 'net.example');
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `+${index}`);

async function open() {
  const stack = new AsyncDisposableStack();
  const clock = handClock();
  const store = stack.use(await openStore({ url: `sqlite:${stack.use(tempFolder()).file('s.db')}`, log, clock }));
  let units = 0;
  const unit: typeof store.unit = (statements) => {
    units++;
    return store.unit(statements);
  };
  const xmpp = { blocked: async () => [] };
  const counted = { accounts: store.accounts, contacts: store.contacts, unit };
  const refusals = openContactRefusals({ store: counted, xmpp, clock, log });
  // What is written before a unit is there after it.
  const settled = () => store.unit([store.accounts.used(account, clock.now())]);
  return { refusals, store, settled, units: () => units, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

it('one user blocks so many and no more, in one unit of the store for each list', async () => {
  await using opened = await open();
  const { refusals, store, settled } = opened;
  expect(() => refusals.took(account, { how: 'block', ids: ids(5001) })).toThrow('too many');
  refusals.took(account, { how: 'block', ids: ids(5000) });
  expect(() => refusals.refuse(account, 'one more', 'blocked')).toThrow('too many');
  refusals.refuse(account, 'somebody else', 'declined');
  expect(refusals.blocks(account, '+4999')).toBe(true);
  await settled();
  expect(await store.contacts.refused()).toHaveLength(5000);
  expect(opened.units()).toBe(1);
});

it('who is heard again leaves nothing in the store', async () => {
  await using opened = await open();
  const { refusals, store, settled } = opened;
  refusals.took(account, { how: 'block', ids: ids(3) });
  refusals.took(account, { how: 'unblock', ids: [] });
  await settled();
  expect(await store.contacts.of(account)).toEqual([]);
});

it('of an account that is removed nothing is refused any more', async () => {
  await using opened = await open();
  opened.refusals.refuse(account, '+1', 'blocked');
  opened.refusals.forget(account);
  expect(opened.refusals.blocks(account, '+1')).toBe(false);
});
