import { expect, it, vi } from 'vitest';
import { openDormancy } from '#src/core/accounts/dormancy.ts';
import { openLog } from '#src/lib/log.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';

const WEEK = 7 * 24 * 3_600_000;
const key = openKey({ text: '0'.repeat(64) });
const log = openLog('silent');
const of = (name: string): AccountKey => accountKey(`${name}@a.example` as BareJid, 'net.example');
const [romeo, juliet] = [of('romeo'), of('juliet')];

/** Two accounts that have left, on a store. `wipe` removes one. */
async function openTwo(wipe: (account: AccountKey) => Promise<unknown>) {
  const stack = new AsyncDisposableStack();
  const clock = handClock();
  const url = `sqlite:${stack.use(tempFolder()).file('s.db')}`;
  const store = stack.use(await openStore({ url, log, clock }));
  const login = { name: new Sealed('romeo'), password: new Sealed('rapier') };
  await store.unit([
    ...[romeo, juliet].map((account) => store.accounts.used(account, clock.now())),
    ...Object.entries(login).map(([name, secret]) =>
      store.credentials.put(key, { account: romeo, realm: '', name }, secret),
    ),
  ]);
  const dormancy = openDormancy({ store, key, clock, log, unseen: Number.POSITIVE_INFINITY });
  dormancy.listen({ sleeps: () => undefined, wipe });
  for (const account of [romeo, juliet]) dormancy.left(account);
  stack.defer(() => dormancy.stop());
  return { clock, dormancy, login, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

it('whoever knows a part of a login alone has nothing of what its account had', async () => {
  const wipe = vi.fn(async () => undefined);
  await using two = await openTwo(wipe);
  await two.dormancy.wake(romeo, { realm: '', credentials: { name: two.login.name } });
  expect(wipe).toHaveBeenCalledExactlyOnceWith(romeo);
});

it('whoever gives all of it has it back', async () => {
  const wipe = vi.fn(async () => undefined);
  await using two = await openTwo(wipe);
  await two.dormancy.wake(romeo, { realm: '', credentials: two.login });
  expect(wipe).not.toHaveBeenCalled();
});

it('whoever is back while another is being removed keeps all', async () => {
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const wipe = vi.fn((account: AccountKey) => {
    begun.resolve();
    return account === juliet ? done.promise : Promise.resolve();
  });
  await using two = await openTwo(wipe);
  await two.dormancy.wake(romeo, { realm: '', credentials: two.login });
  two.dormancy.left(romeo);
  two.clock.advance(WEEK);
  two.dormancy.start();
  await begun.promise;
  await two.dormancy.wake(romeo, { realm: '', credentials: two.login });
  done.resolve();
  await untilTrue(() => !two.dormancy.has(juliet));
  await new Promise<void>((resolve) => void setImmediate(resolve));
  expect(wipe).toHaveBeenCalledExactlyOnceWith(juliet);
});

it('an account that cannot be removed keeps no other from it', async () => {
  const wipe = vi.fn((account: AccountKey) =>
    account === romeo ? Promise.reject(new Error('the store is away')) : Promise.resolve(),
  );
  await using two = await openTwo(wipe);
  two.clock.advance(WEEK);
  two.dormancy.start();
  await untilTrue(() => !two.dormancy.has(juliet));
  expect(two.dormancy.has(romeo)).toBe(true);
});
