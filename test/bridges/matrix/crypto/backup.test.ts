import { afterEach, beforeEach, expect, it } from 'vitest';
import { backUp } from '#bridges/matrix/crypto/backup.ts';
import { type KeyQuestion, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { openBridgeState } from '#src/gateway/bridge-state.ts';
import { openLog } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { KeyServer } from '../../../fakes/key-server.ts';
import { handClock } from '../../../hand-clock.ts';
import { tempFolder } from '../../../store/folder.ts';
import { account, keyCall, patient } from './device.ts';

const ALICE = '@alice:example.org';
const ROOM = {
  ...{ room: '!room:example.org', members: [ALICE], historyVisibility: 'shared' },
  encryption: { algorithm: 'm.megolm.v1.aes-sha2' },
};

let folder: ReturnType<typeof tempFolder>;
let store: Store;
beforeEach(async () => {
  folder = tempFolder();
  const url = `sqlite:${folder.file('store.db')}`;
  store = await openStore({ url, log: openLog('silent'), clock: handClock() });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The keys of a device with a backup at a homeserver that answers for it as `answer` says. */
async function openBackedUp(answer: (question: KeyQuestion) => Promise<Json>) {
  const { state } = openBridgeState({ store, transport: 'matrix.example', sealKey: openKey({ text: '0'.repeat(64) }) });
  const other = keyCall(new KeyServer(), ALICE, 'DEVICE');
  const call = (question: KeyQuestion) => (question.path.includes('room_keys') ? answer(question) : other(question));
  const keys = await openDeviceKeys({ call, state, account, user: ALICE, device: 'DEVICE', exchanges: patient() });
  await keys.flush();
  const { publicKeyBase64 } = keys.engine.wasm.BackupDecryptionKey.createRandomKey().megolmV1PublicKey;
  await keys.alone(() => keys.machine.enableBackupV1(publicKeyBase64, '1'));
  return keys;
}

const say = (keys: Awaited<ReturnType<typeof openBackedUp>>) =>
  keys.encrypt(ROOM, 'm.room.message', { msgtype: 'm.text', body: 'ciao' });

it('a backup that is not answered keeps nobody from what is encrypted', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Json>();
  const keys = await openBackedUp(() => {
    asked.resolve();
    return answer.promise;
  });
  await say(keys);
  const backing = backUp(keys);
  await asked.promise;
  expect(await say(keys)).toMatchObject({ algorithm: 'm.megolm.v1.aes-sha2' });
  answer.resolve({ count: 1, etag: '1' });
  await backing;
  await keys.close();
});

it('a backup that fails is asked for once each time, and is whole when it works', async () => {
  const sent: KeyQuestion[] = [];
  let failing = true;
  const keys = await openBackedUp(async (question) => {
    sent.push(question);
    if (failing) throw new Failure('remote-server-timeout');
    return { count: 1, etag: '1' };
  });
  await say(keys);
  await expect(backUp(keys)).rejects.toMatchObject({ code: 'remote-server-timeout' });
  expect(sent).toMatchObject([{ method: 'PUT', tries: 1 }]);
  failing = false;
  await backUp(keys);
  await backUp(keys);
  expect(sent).toHaveLength(2);
  expect(sent[1]?.body).toEqual(sent[0]?.body);
  await keys.close();
});
