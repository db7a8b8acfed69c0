import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { keysInUse, openKey, rekey, SealBroken, type SealKey, type Store, StoreRefused } from '#src/store/index.ts';
import { seal, sealKey, unseal } from '#src/store/seal.ts';
import { ground } from '../contract/store.ts';
import { tempFolder } from './folder.ts';

const one = sealKey(new Uint8Array(32).fill(1));
const two = sealKey(new Uint8Array(32).fill(2));
const cell = { table: 'credentials', row: ['a', 'b|c'], column: 'sealed' };

describe('a seal', () => {
  it('opens to what was sealed, and never looks the same', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (plain) => {
        const [first, second] = [seal(one, cell, plain), seal(one, cell, plain)];
        expect(unseal(one, cell, first)).toEqual(new Uint8Array(plain));
        expect(first).not.toEqual(second);
      }),
    );
  });

  it('breaks with another key, in another cell, and with any byte changed', () => {
    const sealed = seal(one, cell, Buffer.from('hush'));
    const cells = [{ table: 'x' }, { row: ['a|b', 'c'] }, { row: ['a'] }, { column: 'x' }];
    for (const other of cells) expect(() => unseal(one, { ...cell, ...other }, sealed)).toThrow(SealBroken);
    expect(() => unseal(two, cell, sealed)).toThrow(SealBroken);
    for (let at = 0; at < sealed.length; at++) {
      expect(() => unseal(one, cell, sealed.with(at, (sealed[at] ?? 0) ^ 1))).toThrow(SealBroken);
      expect(() => unseal(one, cell, sealed.subarray(0, at))).toThrow(SealBroken);
    }
  });

  it('has a key that tells nothing when it is printed', () => {
    expect(`${inspect(one)}${JSON.stringify(one)}`).not.toMatch(/0101|AQEB|\b1, 1\b/);
  });
});

describe('the key file', () => {
  it('is made for its owner alone, once', () => {
    using folder = tempFolder();
    const file = folder.file('new/isthmus.key');
    const { id } = openKey({ file });
    expect(statSync(file).mode & 0o777).toBe(0o400);
    expect(openKey({ file }).id).toBe(id);
    expect(openKey({ text: readFileSync(file, 'utf8') }).id).toBe(id);
  });

  it('is refused when others may read it', () => {
    using folder = tempFolder();
    const file = folder.file('isthmus.key');
    openKey({ file });
    for (const mode of [0o440, 0o404, 0o644]) {
      chmodSync(file, mode);
      expect(() => openKey({ file })).toThrow(StoreRefused);
    }
  });

  it('is refused in words where it cannot be made', () => {
    using folder = tempFolder();
    const file = folder.file('isthmus.key');
    openKey({ file });
    expect(() => openKey({ file: `${file}/key` })).toThrow(
      `the key ${file}/key cannot be read or made: a part of the path is not a directory`,
    );
  });

  it('is refused when it is no key, and left as it is', () => {
    using folder = tempFolder();
    const file = folder.file('isthmus.key');
    for (const text of ['', 'ab'.repeat(31), 'ab'.repeat(33), 'xy'.repeat(32)]) {
      writeFileSync(file, text, { mode: 0o600 });
      expect(() => openKey({ file })).toThrow(/64 hexadecimal digits/);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });
});

const user = 'romeo@a.example' as BareJid;
const account = accountKey(user, 'net');
const state = { transport: 'net', account, key: 'token' };

async function fill(store: Store, key: SealKey, many: number): Promise<void> {
  const secret = (n: number) =>
    store.credentials.put(key, { account, realm: `r${n}`, name: 'password' }, new Sealed(`hush${n}`));
  await store.unit([
    store.accounts.put({ key: account, user, transport: 'net', registered: true, created: 0, seen: 0 }),
    ...Array.from({ length: many }, (_, n) => secret(n)),
    store.bridgeState.put(state, Buffer.from('a token'), { seal: key }),
    store.bridgeState.put({ ...state, key: 'open' }, Buffer.from('no secret')),
  ]);
}

describe('sealed credentials', () => {
  it('are never in the file in plain', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    await using store = await ground(`sqlite:${file}`).open();
    await fill(store, one, 3);
    expect((await store.credentials.get(one, account, 'r1')).get('password')?.open()).toBe('hush1');
    await expect(store.credentials.get(two, account, 'r1')).rejects.toThrow(SealBroken);
    await expect(store.bridgeState.get(state)).rejects.toThrow(SealBroken);
    const bytes = Buffer.concat([readFileSync(file), readFileSync(`${file}-wal`)]);
    expect([bytes.includes('hush'), bytes.includes('a token'), bytes.includes('no secret')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('go with their account', async () => {
    using folder = tempFolder();
    await using store = await ground(`sqlite:${folder.file('store.db')}`).open();
    await fill(store, one, 1);
    await store.unit([store.accounts.remove(account)]);
    expect((await store.credentials.get(one, account, 'r0')).size).toBe(0);
  });

  it('cannot be swapped between rows', async () => {
    using folder = tempFolder();
    await using store = await ground(`sqlite:${folder.file('store.db')}`).open();
    await fill(store, one, 2);
    const swap =
      "update credentials set sealed = (select sealed from credentials where realm = 'r0') where realm = 'r1'";
    await store.unit([{ sql: swap, params: [], expect: 1 }]);
    await expect(store.credentials.get(one, account, 'r1')).rejects.toThrow(SealBroken);
  });

  it('move to a new key in steps, and a second try finds the rest', async () => {
    using folder = tempFolder();
    await using store = await ground(`sqlite:${folder.file('store.db')}`).open();
    await fill(store, one, 250);
    let steps = 0;
    const killed = {
      read: store.read,
      unit: (unit: Parameters<Store['unit']>[0]) =>
        ++steps > 1 ? Promise.reject(new Error('killed')) : store.unit(unit),
    };
    await expect(rekey(killed, one, two)).rejects.toThrow('killed');
    expect(await keysInUse(store)).toEqual(new Set([one.id, two.id]));
    expect(await rekey(store, one, two)).toBe(151);
    expect(await keysInUse(store)).toEqual(new Set([two.id]));
    expect((await store.credentials.get(two, account, 'r249')).get('password')?.open()).toBe('hush249');
    expect(Buffer.from((await store.bridgeState.get(state, two)) ?? []).toString()).toBe('a token');
    expect(await rekey(store, one, two)).toBe(0);
  });
});
