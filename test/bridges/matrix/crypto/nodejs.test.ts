import { expect, it } from 'vitest';
import {
  Attachment,
  DeviceId,
  DeviceLists,
  EncryptedAttachment,
  EncryptionAlgorithm,
  EncryptionSettings,
  type NativeRequest,
  OlmMachine,
  RequestType,
  RoomId,
  UserId,
} from '#bridges/matrix/crypto/nodejs/index.js';
import { KeyServer } from '../../../fakes/key-server.ts';

const ROOM = '!room:example.org';

/** What matrix-bot-sdk does with a request of the machine. */
async function send(server: KeyServer, machine: OlmMachine, { id, type, body }: NativeRequest): Promise<void> {
  const [user, device] = [machine.userId.toString(), machine.deviceId.toString()];
  const json = JSON.parse(body);
  const answer = () => {
    if (type === RequestType.KeysUpload) return server.upload(user, device, json);
    if (type === RequestType.KeysQuery) return server.query(json);
    if (type === RequestType.KeysClaim) return server.claim(json);
    if (type === RequestType.ToDevice) return server.send(user, json.event_type, json);
    throw new Error(`a request of type ${type}`);
  };
  await machine.markRequestAsSent(id, type, JSON.stringify(answer()));
}

async function sendAll(server: KeyServer, machine: OlmMachine): Promise<void> {
  for (const request of await machine.outgoingRequests()) await send(server, machine, request);
}

async function open(server: KeyServer, user: string): Promise<OlmMachine> {
  const machine = await OlmMachine.initialize(new UserId(user), new DeviceId('DEVICE'), '/nowhere', '');
  await sendAll(server, machine);
  return machine;
}

it('encrypts for another device through the calls that matrix-bot-sdk makes', async () => {
  const server = new KeyServer();
  const [alice, bob] = await Promise.all([open(server, '@alice:example.org'), open(server, '@bob:example.org')]);
  const members = [new UserId('@alice:example.org'), new UserId('@bob:example.org')];

  await alice.updateTrackedUsers(members);
  await sendAll(server, alice);
  const claim = await alice.getMissingSessions(members);
  if (claim) await send(server, alice, claim);
  const settings = new EncryptionSettings();
  settings.algorithm = EncryptionAlgorithm.MegolmV1AesSha2;
  for (const request of await alice.shareRoomKey(new RoomId(ROOM), members, settings)) {
    expect(JSON.parse(request.body)).toMatchObject({ txn_id: request.txnId, event_type: 'm.room.encrypted' });
    await send(server, alice, request);
  }
  const content = JSON.parse(
    await alice.encryptRoomEvent(new RoomId(ROOM), 'm.room.message', '{"msgtype":"m.text","body":"ciao"}'),
  );
  expect(content.algorithm).toBe('m.megolm.v1.aes-sha2');

  const inbox = JSON.stringify(server.inbox('@bob:example.org', 'DEVICE'));
  const counts = server.counts('@bob:example.org', 'DEVICE');
  const [key] = JSON.parse(await bob.receiveSyncChanges(inbox, new DeviceLists([], []), counts, ['signed_curve25519']));
  expect(key.type).toBe('m.room_key');
  const event = {
    type: 'm.room.encrypted',
    event_id: '$1',
    sender: '@alice:example.org',
    origin_server_ts: 1,
    content,
  };
  const decrypted = await bob.decryptRoomEvent(JSON.stringify(event), new RoomId(ROOM));
  expect(JSON.parse(decrypted.event)).toMatchObject({ type: 'm.room.message', content: { body: 'ciao' } });
  // Users that were given to the machine are still the caller's.
  expect(members.map(String)).toEqual(['@alice:example.org', '@bob:example.org']);
});

it('signs, and encrypts files', async () => {
  const machine = await open(new KeyServer(), '@carol:example.org');
  const signatures = await machine.sign('{"a":1}');
  expect(JSON.parse(signatures.asJSON())['@carol:example.org']).toHaveProperty(['ed25519:DEVICE']);
  const encrypted = Attachment.encrypt(new TextEncoder().encode('a file'));
  const again = new EncryptedAttachment(encrypted.encryptedData, encrypted.mediaEncryptionInfo ?? '');
  expect(new TextDecoder().decode(Attachment.decrypt(again))).toBe('a file');
});
