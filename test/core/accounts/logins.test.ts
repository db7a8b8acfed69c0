import { existsSync, renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '#src/core/index.ts';
import type { BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openKey, SealBroken, StoreRefused } from '#src/store/index.ts';
import { openWire } from '../../invented/network.ts';
import { bridge } from '../../invented/pigeon/index.ts';
import { folder } from '../../process/cli/isthmus.ts';
import { account, CLIENT, DOMAIN, type House, openHouse, ROMEO, VERONA } from '../house.ts';

const ME = { owner: CLIENT, user: ROMEO };
const REGISTER = { place: { kind: 'realm', account, realm: '' }, on: 'gateway', node: 'register' } as const;

/** A folder, a loft in which Juliet lives, and a house that can be closed and opened again. */
async function openTown() {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const wire = stack.use(await openWire(bridge));
  await wire.order({ person: 'juliet', password: 'rose' });
  return {
    dir: dir.path,
    order: wire.order,
    open: () => openHouse(dir.path, wire.settings({ slow: false })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
type Town = Awaited<ReturnType<typeof openTown>>;

const idOf = (progress: Progress): string => (progress.kind === 'step' ? progress.id : 'none');

/** Talks up to the form that asks for the code. */
async function upToCode({ core }: House): Promise<string> {
  const id = idOf(await core.dialogues.command(ME, REGISTER));
  const at = { owner: CLIENT, id };
  const first = await core.dialogues.answer(at, { login: ['Name, password and code'] });
  expect(first).toMatchObject({ kind: 'step', step: { kind: 'form', form: { title: 'Pigeon account' } } });
  expect(await core.dialogues.answer(at, { name: ['juliet'], password: ['rose'] })).toMatchObject({
    step: { kind: 'show' },
  });
  expect(await core.dialogues.answer(at, {})).toMatchObject({ step: { form: { fields: [{ name: 'code' }] } } });
  return id;
}

async function logIn(town: Town, house: House): Promise<void> {
  const id = await upToCode(house);
  const code = String(await town.order({ code: 'juliet' }));
  expect(await house.core.dialogues.answer({ owner: CLIENT, id }, { code: [code] })).toMatchObject({ kind: 'done' });
}

describe('a login in two steps', () => {
  it('registers, seals what it brings, and lets the session in', async () => {
    await using town = await openTown();
    await using house = await town.open();
    expect(await house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(false);
    await logIn(town, house);
    expect(await house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(true);
    await house.join();
    await town.order({ wait: 'online', of: 'juliet' });
  });

  it('connects whoever stays connected, and again after a restart', async () => {
    await using town = await openTown();
    {
      await using house = await town.open();
      const place = { kind: 'realm', account, realm: '' } as const;
      await house.core.settings.change({ place, scope: 'account', answer: { stay_connected: ['true'] } }, ROMEO);
      await logIn(town, house);
      await town.order({ wait: 'online', of: 'juliet' });
    }
    await using house = await town.open();
    await house.core.restore();
    await house.core.recheck(DOMAIN, 0);
    await town.order({ wait: 'online', of: 'juliet' });
  });

  it('still holds after a restart, under the same key and no other', async () => {
    await using town = await openTown();
    {
      await using house = await town.open();
      await logIn(town, house);
    }
    await town.order({ wait: 'idle' });
    {
      await using house = await town.open();
      const other = openKey({ text: 'ab'.repeat(32) });
      await expect(house.store.credentials.get(other, account, '')).rejects.toThrow(SealBroken);
      await house.join();
      await town.order({ wait: 'online', of: 'juliet' });
    }
    renameSync(`${town.dir}/isthmus.key`, `${town.dir}/elsewhere.key`);
    await expect(town.open()).rejects.toThrow(StoreRefused);
    expect(existsSync(`${town.dir}/isthmus.key`)).toBe(false);
  });

  it('stores nothing after a wrong code', async () => {
    await using town = await openTown();
    await using house = await town.open();
    const at = { owner: CLIENT, id: await upToCode(house) };
    for (let tries = 1; tries < 3; tries++) await house.core.dialogues.answer(at, { code: ['x'] });
    await expect(house.core.dialogues.answer(at, { code: ['x'] })).rejects.toMatchObject({ foreign: 'code' });
    expect(await house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(false);
    await town.order({ wait: 'idle' });
  });

  it('closes its line when it expires', async () => {
    await using town = await openTown();
    await using house = await town.open();
    const at = { owner: CLIENT, id: await upToCode(house) };
    house.clock.advance(600_000);
    await town.order({ wait: 'idle' });
    await expect(house.core.dialogues.answer(at, { code: ['x'] })).rejects.toMatchObject({ code: 'item-not-found' });
  });

  it('is for those who may use the gateway', async () => {
    await using town = await openTown();
    await using house = await town.open();
    const stranger = { owner: 'tybalt@b.example/x', user: 'tybalt@b.example' as BareJid };
    const { dialogues } = house.core;
    await expect(dialogues.command(stranger, REGISTER)).rejects.toMatchObject({ code: 'not-on-list' });
    const at = { owner: CLIENT, id: idOf(await dialogues.command(ME, REGISTER)) };
    await expect(dialogues.answer(at, { login: ['x'] })).rejects.toMatchObject({ code: 'not-acceptable' });
    expect(await dialogues.answer(at, { login: ['Name and password'] })).toMatchObject({ id: at.id });
  });
});

describe('a login that its network renews', () => {
  const credentials = async ({ store, key }: House) =>
    Object.fromEntries([...(await store.credentials.get(key, account, ''))].map(([name, one]) => [name, one.open()]));
  const sealed = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Sealed(value)]));
  const at = { account, realm: '' };

  it('replaces what was kept, and is used from then on', async () => {
    await using town = await openTown();
    let key: unknown;
    {
      await using house = await town.open();
      await logIn(town, house);
      key = await town.order({ renewKey: 'juliet' });
      await house.join();
      expect(await credentials(house)).toEqual({ name: 'juliet', key });
    }
    await using house = await town.open();
    await house.join();
    // The old key is void once the new one was used.
    expect(await town.order({ key: 'juliet' })).toBe(key);
  });

  it('replaces nothing but what it knows', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    const { key = '' } = await credentials(house);
    const kept = { name: 'juliet', key };
    for (const other of [{ name: 'juliet' }, { ...kept, more: 'x' }, { ...kept, key: 'x' }, {}]) {
      expect(await house.host.credentials(at, sealed(other), sealed({ key: 'new' }))).toBe(false);
    }
    expect(await credentials(house)).toEqual(kept);
    const replace = (next: string) => house.host.credentials(at, sealed(kept), sealed({ key: next }));
    expect((await Promise.all([replace('a'), replace('b')])).sort()).toEqual([false, true]);
    await house.core.unregister(DOMAIN, ROMEO);
    expect(await house.host.credentials(at, sealed(kept), sealed({ key: 'c' }))).toBe(false);
    expect(await credentials(house)).toEqual({});
  });
});

describe('unregistering', () => {
  it('removes the account with all that it had, and closes its session', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    const place = { kind: 'realm', account, realm: '' } as const;
    await house.core.settings.change({ place, scope: 'account', answer: { receipts: ['false'] } }, ROMEO);
    await house.join();
    await town.order({ wait: 'online', of: 'juliet' });
    const key = await town.order({ key: 'juliet' });
    await house.core.unregister(DOMAIN, ROMEO);
    await town.order({ wait: 'idle' });
    expect(await town.order({ key: 'juliet' })).not.toBe(key);
    expect(await house.store.accounts.get(account)).toBeUndefined();
    expect((await house.store.credentials.get(house.key, account, '')).size).toBe(0);
    expect(await house.core.host.settings(place)).toMatchObject({ account: { receipts: true } });
  });
});

describe('a command', () => {
  const place = { kind: 'realm', account, realm: '' } as const;

  it('works with the session of its user', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    await house.join();
    await town.order({ wait: 'online', of: 'juliet' });
    const first = await house.core.dialogues.command(ME, { place, on: 'gateway', node: 'count' });
    const end = await house.core.dialogues.answer({ owner: CLIENT, id: idOf(first) }, {});
    expect(end).toEqual({ kind: 'done', text: '2 people live here.' });
  });

  it('is refused to those whom it is not for', async () => {
    await using town = await openTown();
    await using house = await town.open();
    const { dialogues } = house.core;
    await expect(dialogues.command(ME, { place, on: 'gateway', node: 'where' })).rejects.toMatchObject({
      code: 'not-permitted',
    });
    const juliet = { owner: 'juliet@a.example/x', user: 'juliet@a.example' as BareJid };
    await expect(dialogues.command(juliet, { place, on: 'gateway', node: 'count' })).rejects.toMatchObject({
      code: 'not-permitted',
    });
  });
});

describe('a session', () => {
  const place = { kind: 'realm', account, realm: '' } as const;
  const count = { place, on: 'gateway', node: 'count' } as const;
  const choose = ({ core }: House, stay: string) =>
    core.settings.change({ place, scope: 'account', answer: { stay_connected: [stay] } }, ROMEO);

  // XEP-0045 §7.10: the network holds the membership, so one leaves by a word.
  it('ends when its user has left the last room', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    await house.join();
    house.core.rooms.quit(VERONA, ROMEO);
    await town.order({ wait: 'idle' });
  });

  it.each([
    ['before it', 'true', ''],
    ['while it lasts', '', 'true'],
  ])('stays until its account no longer wants that, chosen %s', async (_when, before, after) => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    if (before) await choose(house, before);
    await house.join();
    if (after) await choose(house, after);
    house.core.rooms.quit(VERONA, ROMEO);
    const first = await house.core.dialogues.command(ME, count);
    expect(await house.core.dialogues.answer({ owner: CLIENT, id: idOf(first) }, {})).toMatchObject({ kind: 'done' });
    await choose(house, 'false');
    await town.order({ wait: 'idle' });
  });

  it('that stays is closed with its account', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    await choose(house, 'true');
    await house.join();
    house.leave();
    await house.core.unregister(DOMAIN, ROMEO);
    await town.order({ wait: 'idle' });
  });

  it('tells the network also of an account without a session, and goes on where that does not answer', async () => {
    await using town = await openTown();
    await using house = await town.open();
    await logIn(town, house);
    const key = await town.order({ key: 'juliet' });
    await town.order({ fault: 'hang', on: 'revoke' });
    const leaving = house.core.unregister(DOMAIN, ROMEO);
    await town.order({ wait: 'revoked', of: 'juliet' });
    house.clock.advance(10_000);
    await leaving;
    expect(await town.order({ key: 'juliet' })).not.toBe(key);
    expect(await house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(false);
  });
});
