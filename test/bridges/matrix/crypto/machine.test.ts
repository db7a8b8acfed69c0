import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomKeys } from '#bridges/matrix/crypto/machine.ts';
import { forgetKeys } from '#bridges/matrix/crypto/store.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { openBridgeState } from '#src/gateway/bridge-state.ts';
import { openLog } from '#src/lib/log.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { KeyServer } from '../../../fakes/key-server.ts';
import { handClock } from '../../../hand-clock.ts';
import { tempFolder } from '../../../store/folder.ts';
import { account, openDevice } from './device.ts';

const ALICE = '@alice:example.org';
const BOB = '@bob:example.org';
const ROOM: RoomKeys = {
  room: '!room:example.org',
  members: [ALICE, BOB],
  historyVisibility: 'shared',
  encryption: { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 50 },
};
const sealKey = openKey({ text: '0'.repeat(64) });

let ids = 0;
const encrypted = (content: Json): Json => ({
  ...{ type: 'm.room.encrypted', event_id: `$${++ids}`, sender: ALICE, origin_server_ts: 1, content },
});
const text = (body: string): Json => ({ msgtype: 'm.text', body });

describe('the keys of a device', () => {
  let folder: ReturnType<typeof tempFolder>;
  let store: Store;
  let server: KeyServer;
  const stateOf = (transport: string) => openBridgeState({ store, transport, sealKey }).state;
  const alice = () => openDevice(server, stateOf('alice.example'), ALICE);
  const bob = () => openDevice(server, stateOf('bob.example'), BOB);

  beforeEach(async () => {
    folder = tempFolder();
    server = new KeyServer();
    const url = `sqlite:${folder.file('store.db')}`;
    store = await openStore({ url, log: openLog('silent'), clock: handClock() });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('encrypt for those in the room, who read it', async () => {
    const [one, two] = [await alice(), await bob()];
    // Who has no id of a user gets no key, and keeps nobody else from theirs.
    const room = { ...ROOM, members: [...ROOM.members, 'x', '@y'] };
    const content = await one.keys.encrypt(room, 'm.room.message', text('ciao'));
    expect(content.algorithm).toBe('m.megolm.v1.aes-sha2');
    expect(await two.keys.decrypt(ROOM.room, encrypted(content))).toBe('missing');
    await two.sync();
    const event = encrypted(content);
    expect(await two.keys.decrypt(ROOM.room, event)).toMatchObject({ type: 'm.room.message', content: text('ciao') });
    // The same again is the same; under another id it is somebody's attempt to have it said twice.
    expect(await two.keys.decrypt(ROOM.room, event)).toMatchObject({ content: text('ciao') });
    expect(await two.keys.decrypt(ROOM.room, encrypted(content))).toBe('unreadable');
  });

  it('are there after a restart and after a kill: both sides go on where they were', async () => {
    const [one, two] = [await alice(), await bob()];
    const first = await one.keys.encrypt(ROOM, 'm.room.message', text('first'));
    await two.sync();
    const identity = two.keys.machine.identityKeys.ed25519.toBase64();
    await one.keys.close();
    // Nobody closes what is killed.
    const [oneAgain, twoAgain] = [await alice(), await bob()];
    expect(twoAgain.keys.machine.identityKeys.ed25519.toBase64()).toBe(identity);
    expect(await twoAgain.keys.decrypt(ROOM.room, encrypted(first))).toMatchObject({ content: text('first') });
    const second = await oneAgain.keys.encrypt(ROOM, 'm.room.message', text('second'));
    expect(second.session_id).toBe(first.session_id);
    expect(second.ciphertext).not.toBe(first.ciphertext);
    expect(await twoAgain.keys.decrypt(ROOM.room, encrypted(second))).toMatchObject({ content: text('second') });
  });

  it('read all of a session whose key comes twice in one sync: as it was at first, and further on', async () => {
    const [one, two] = [await alice(), await bob()];
    const first = await one.keys.encrypt(ROOM, 'm.room.message', text('first'));
    // Who hears of another session of a device gives it the key once more.
    await two.keys.encrypt(ROOM, 'm.room.message', text('meanwhile'));
    await one.sync();
    const second = await one.keys.encrypt(ROOM, 'm.room.message', text('second'));
    expect(second.session_id).toBe(first.session_id);
    await two.sync();
    expect(await two.keys.decrypt(ROOM.room, encrypted(first))).toMatchObject({ content: text('first') });
    expect(await two.keys.decrypt(ROOM.room, encrypted(second))).toMatchObject({ content: text('second') });
  });

  it('are whole after they were closed in the middle of something', async () => {
    const one = await alice();
    const identity = one.keys.machine.identityKeys.ed25519.toBase64();
    let open = one;
    for (let turns = 0; turns < 8; turns++) {
      const events = [{ type: 'm.dummy', sender: BOB, content: {} }];
      const news = { events, changed: [BOB], left: [], counts: { signed_curve25519: 49 } };
      const doing = [open.keys.take(news), open.keys.flush()].map((work) => work.catch(() => undefined));
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await open.keys.close();
      await Promise.all(doing);
      open = await alice();
      expect(open.keys.machine.identityKeys.ed25519.toBase64()).toBe(identity);
    }
  });

  it('are durable before anything that depends on them is sent, at whatever call the process is killed', async () => {
    const two = await bob();
    for (let calls = 0, whole = false; !whole; calls++) {
      const state = stateOf(`killed-${calls}.example`);
      const user = `@killed${calls}:example.org`;
      const room = { ...ROOM, members: [user, BOB] };
      const killed = await openDevice(dying(server, calls), state, user)
        .then(
          ({ keys }) => keys.encrypt(room, 'm.room.message', text('before')),
          () => undefined,
        )
        .catch(() => undefined);
      whole = killed !== undefined;
      const again = await openDevice(server, state, user);
      const content = await again.keys.encrypt(room, 'm.room.message', text('after'));
      if (killed) expect(content.ciphertext).not.toBe(killed.ciphertext);
      await two.sync();
      const event = { ...encrypted(content), sender: user };
      expect(await two.keys.decrypt(ROOM.room, event), `killed at call ${calls}`).toMatchObject({
        content: text('after'),
      });
      await again.keys.close();
    }
  });

  it('write what has changed and no more, sealed, and leave nothing when they are forgotten', async () => {
    const state = stateOf('alice.example');
    const writes: number[] = [];
    const counting = {
      ...state,
      write(changes: Parameters<typeof state.write>[0]) {
        writes.push(changes.length);
        return state.write(changes);
      },
    };
    const one = await openDevice(server, counting, ALICE);
    await bob();
    await one.keys.encrypt(ROOM, 'm.room.message', text('one'));
    writes.length = 0;
    await one.keys.encrypt(ROOM, 'm.room.message', text('two'));
    expect(Math.max(...writes)).toBeLessThan(5);
    const rows = await store.read<{ value: Uint8Array }>({ sql: 'select value from bridge_state', params: [] });
    expect(rows.some(({ value }) => Buffer.from(value).includes('ed25519'))).toBe(false);
    await forgetKeys(state, account, 'DEVICE');
    expect(await state.list({ account, prefix: '' })).toEqual([]);
  });
});

/** A server that does the work of so many calls, and of one more that nobody hears the answer of. */
function dying(server: KeyServer, calls: number): KeyServer {
  let left = calls;
  return new Proxy(server, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === 'counts' || name === 'inbox') return value.bind(target);
      return (...args: readonly unknown[]) => {
        const answer: unknown = left < -1 ? undefined : Reflect.apply(value, target, args);
        if (left-- <= 0) throw new Error('killed');
        return answer;
      };
    },
  });
}
