import { describe, expect, it } from 'vitest';
import { openBridgeState } from '#src/core/bridge-state.ts';
import { openPruning } from '#src/core/pruning.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openKey, openStore } from '#src/store/index.ts';
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
    expect(await state.list({ account: romeo, prefix: 'sy' })).toEqual([{ key: 'sync', value: 's2 ♥' }]);
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
});
