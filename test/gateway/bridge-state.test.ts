import { describe, expect, it } from 'vitest';
import { openBridgeState } from '#src/gateway/bridge-state.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openKey, openPruning, openStore } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { tempFolder } from '../store/folder.ts';

const romeo = accountKey('romeo@a.example' as BareJid, 'net.example');
const log = openLog('silent');
const sealKey = openKey({ text: '0'.repeat(64) });

async function opened() {
  const folder = tempFolder();
  const clock = handClock();
  const open = () => openStore({ url: `sqlite:${folder.file('store.db')}`, log, clock });
  return { clock, open, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe('the state of a bridge', () => {
  it('outlives the process, for the transport and for each account apart', async () => {
    using at = await opened();
    {
      await using store = await at.open();
      const { state } = openBridgeState({ store, transport: 'net.example' });
      await state.put({ key: 'sync' }, 's1');
      await state.put({ account: romeo, key: 'sync' }, 's2 ♥');
    }
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example' });
    expect(await state.get({ key: 'sync' })).toBe('s1');
    expect(await state.get({ account: romeo, key: 'sync' })).toBe('s2 ♥');
    expect(await state.list({ account: romeo, prefix: 'sy' })).toMatchObject([{ key: 'sync', value: 's2 ♥' }]);
    expect(await openBridgeState({ store, transport: 'other.example' }).state.get({ key: 'sync' })).toBeUndefined();
    await state.delete({ key: 'sync' });
    expect(await state.list({ prefix: '' })).toEqual([]);
  });

  it('is a failure that a later try may mend while the store is away', async () => {
    using at = await opened();
    await using store = await at.open();
    await store[Symbol.asyncDispose]();
    const { state } = openBridgeState({ store, transport: 'net.example' });
    const later = { code: 'queue-full', row: { retry: true } };
    await expect(state.get({ key: 'sync' })).rejects.toMatchObject(later);
    await expect(state.list({ prefix: '' })).rejects.toMatchObject(later);
    await expect(state.put({ key: 'sync' }, 's1')).rejects.toMatchObject(later);
    await expect(state.delete({ key: 'sync' })).rejects.toMatchObject(later);
  });

  it('finds nothing that has expired, and prunes it', async () => {
    using at = await opened();
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example' });
    await state.put({ key: 'reply' }, 'token', { expires: at.clock.now() + 10 });
    expect(await state.get({ key: 'reply' })).toBe('token');
    at.clock.advance(10);
    expect(await state.get({ key: 'reply' })).toBeUndefined();
    const pruning = openPruning({ store, clock: at.clock, log, idsKept: 1000, journalKept: 1000 });
    await pruning.run();
    await pruning.stop();
    expect(await store.read({ sql: 'select count(*) as rows from bridge_state', params: [] })).toEqual([{ rows: 0 }]);
  });

  it('seals what it is asked to seal, and refuses to where it has no key', async () => {
    using at = await opened();
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example', sealKey });
    await state.put({ key: 'token' }, 'hush', { seal: true });
    expect(await state.get({ key: 'token' })).toBe('hush');
    const [row] = await store.read<{ value: Uint8Array }>({ sql: 'select value from bridge_state', params: [] });
    expect(Buffer.from(row?.value ?? []).includes('hush')).toBe(false);
    const keyless = openBridgeState({ store, transport: 'net.example' });
    expect(() => keyless.statements([{ key: 'token', value: 'hush', seal: true }])).toThrow('no key');
  });

  it('keeps bytes as they are', async () => {
    using at = await opened();
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example', sealKey });
    const bytes = new Uint8Array([0, 255, 128, 10]);
    for (const seal of [false, true]) {
      await state.put({ key: 'crypto' }, bytes, { seal });
      expect(await state.bytes({ key: 'crypto' })).toEqual(bytes);
    }
    expect((await state.list({ prefix: '' }))[0]?.bytes).toEqual(bytes);
    expect(await state.bytes({ key: 'nothing' })).toBeUndefined();
  });

  it.each([false, true])('is written whole or not at all, where it is as expected (sealed: %s)', async (seal) => {
    using at = await opened();
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example', sealKey });
    const alias = (value: string | null, expect?: string | null) =>
      state.write([
        { key: 'other', value: `beside ${value}`, seal },
        { key: 'alias', value, seal, ...(expect !== undefined && { expect }) },
      ]);
    const held = async () => [await state.get({ key: 'alias' }), await state.get({ key: 'other' })];
    // Of many who claim it at once one is the first.
    const claims = await Promise.all(['a', 'b', 'c', 'd'].map((name) => alias(name, null)));
    expect(claims.filter((done) => done).length).toBe(1);
    const [first = ''] = await held();
    expect(await held()).toEqual([first, `beside ${first}`]);
    expect(await alias('x', 'never')).toBe(false);
    expect(await alias(null, null)).toBe(false);
    expect(await held()).toEqual([first, `beside ${first}`]);
    expect((await Promise.all([alias('x', first), alias('y', first)])).filter((done) => done).length).toBe(1);
    expect(await alias('z')).toBe(true);
    expect(await alias(null, 'x')).toBe(false);
    expect(await alias(null, 'z')).toBe(true);
    expect(await alias(null, null)).toBe(true);
    expect(await held()).toEqual([undefined, 'beside null']);
  });

  it('counts what has expired as nothing', async () => {
    using at = await opened();
    await using store = await at.open();
    const { state } = openBridgeState({ store, transport: 'net.example' });
    await state.put({ key: 'claim' }, 'mine', { expires: at.clock.now() + 10 });
    expect(await state.write([{ key: 'claim', value: 'yours', expect: null }])).toBe(false);
    at.clock.advance(10);
    expect(await state.write([{ key: 'claim', value: 'yours', expect: 'mine' }])).toBe(false);
    expect(await state.write([{ key: 'claim', value: 'yours', expect: null }])).toBe(true);
  });
});
