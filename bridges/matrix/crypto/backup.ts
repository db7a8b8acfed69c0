import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { DeviceKeys } from './machine.ts';
import { openSecretStorage } from './secret-storage.ts';

/** What a recovery key has brought: keys of earlier messages, and whether the device is one of the user's own now. */
export type Recovered = { readonly keys: number; readonly verified: boolean };

/**
 * Reads what a user keeps under a recovery key: the cross-signing keys, with which this device is signed, and the key
 * backup. Rejects with `Failure('item-not-found')` where there is nothing, `Failure('not-acceptable')` for a wrong key.
 */
export async function recover(keys: DeviceKeys, user: string, device: string, key: Uint8Array): Promise<Recovered> {
  const storage = await openSecretStorage(keys.call, user, key);
  const verified = await signOwnDevice(keys, user, device, {
    master: await storage.read('m.cross_signing.master'),
    selfSigning: await storage.read('m.cross_signing.self_signing'),
    userSigning: await storage.read('m.cross_signing.user_signing'),
  });
  const secret = await storage.read('m.megolm_backup.v1');
  return { keys: secret === undefined ? 0 : await restoreBackup(keys, secret), verified };
}

type CrossSigning = {
  readonly master: string | undefined;
  readonly selfSigning: string | undefined;
  readonly userSigning: string | undefined;
};

/** Whether other devices believe this one from now on. */
async function signOwnDevice(keys: DeviceKeys, user: string, device: string, secrets: CrossSigning): Promise<boolean> {
  const { machine, send, engine } = keys;
  const { wasm } = engine;
  if (secrets.selfSigning === undefined) return false;
  const owner = () => new wasm.UserId(user);
  return keys.alone(async () => {
    // The public keys that the secret ones are compared with.
    await send(machine.queryKeysForUsers([owner()]));
    const { master, selfSigning, userSigning } = secrets;
    const status = await machine.importCrossSigningKeys(master, selfSigning, userSigning);
    if (!status.hasSelfSigning) return false;
    const own = await machine.getDevice(owner(), new wasm.DeviceId(device));
    if (!own) return false;
    await send(await own.verify());
    await send(machine.queryKeysForUsers([owner()]));
    return true;
  });
}

/** Client-server API §11.12.3.2. Resolves with how many keys there were. */
async function restoreBackup(keys: DeviceKeys, secret: string): Promise<number> {
  const { machine, call, engine } = keys;
  const { wasm } = engine;
  const found = await call({ method: 'GET', path: ['v3', 'room_keys', 'version'] }).catch(none);
  const version = textOf(found?.version);
  if (!found || version === undefined) return 0;
  const key = wasm.BackupDecryptionKey.fromBase64(secret);
  // Anybody who has changed the backup at the homeserver has another key.
  if (textOf(objectOf(found.auth_data).public_key) !== key.megolmV1PublicKey.publicKeyBase64)
    throw new Failure('not-acceptable');
  const kept = await call({ method: 'GET', path: ['v3', 'room_keys', 'keys'], query: { version } });
  const rooms = new Map<InstanceType<typeof wasm.RoomId>, Map<string, unknown>>();
  let count = 0;
  for (const [room, { sessions }] of Object.entries(objectOf(kept.rooms)).map(
    ([id, of]) => [id, objectOf(of)] as const,
  )) {
    const inside = new Map<string, unknown>();
    for (const [session, of] of Object.entries(objectOf(sessions))) {
      const opened = openSession((...parts) => key.decryptV1(...parts), objectOf(objectOf(of).session_data));
      if (opened) inside.set(session, opened);
    }
    count += inside.size;
    if (inside.size > 0) rooms.set(new wasm.RoomId(room), inside);
  }
  await keys.alone(async () => {
    await machine.importBackedUpRoomKeys(rooms, () => undefined, version);
    await adopt(keys, secret, version);
  });
  return count;
}

/** New keys go into the backup from now on, also after a restart. Within `alone`. */
async function adopt({ machine, engine }: DeviceKeys, secret: string, version: string): Promise<void> {
  const key = engine.wasm.BackupDecryptionKey.fromBase64(secret);
  const { publicKeyBase64 } = key.megolmV1PublicKey;
  await machine.saveBackupDecryptionKey(key, version);
  await machine.enableBackupV1(publicKeyBase64, version);
}

const SECRET = 'm.megolm_backup.v1';
/** Requests at a time: each has at most a hundred keys. */
const REQUESTS = 10;

/**
 * Puts new keys into the backup, where the device has its key; what is said and read meanwhile does not wait for that. Rejects
 * with a `Failure`, and then it is done another time.
 */
export async function backUp({ machine, alone, sendBeside }: DeviceKeys): Promise<void> {
  const next = async () => ((await machine.isBackupEnabled()) ? machine.backupRoomKeys() : undefined);
  for (let count = 0; count < REQUESTS; count++) {
    const request = await alone(next);
    if (!request) return;
    try {
      await sendBeside(request);
    } catch (error) {
      if (!(error instanceof Failure) || error.row.retry) throw error;
      // §11.12.3.2: another backup has taken its place.
      return alone(() => machine.disableBackup());
    }
  }
}

/** Takes the key of the backup, where a device that has verified this one has sent it (§11.12.3.1). */
export async function takeBackupKey(keys: DeviceKeys): Promise<void> {
  const { machine, engine, call } = keys;
  const secrets = await keys.alone(async () =>
    (await machine.isBackupEnabled()) ? [] : [...(await machine.getSecretsFromInbox(SECRET))],
  );
  for (const secret of secrets) {
    const found = await call({ method: 'GET', path: ['v3', 'room_keys', 'version'], tries: 1 }).catch(none);
    const version = textOf(found?.version);
    const { publicKeyBase64 } = engine.wasm.BackupDecryptionKey.fromBase64(secret).megolmV1PublicKey;
    const isOf = textOf(objectOf(found?.auth_data).public_key) === publicKeyBase64;
    await keys.alone(async () => {
      if (isOf && version !== undefined) await adopt(keys, secret, version);
      await machine.deleteSecretsFromInbox(SECRET);
    });
  }
}

/** One key of the backup; nothing where it cannot be read. */
function openSession(decrypt: (ephemeral: string, mac: string, text: string) => string, data: Json): Json | undefined {
  const [ephemeral, mac, text] = [textOf(data.ephemeral), textOf(data.mac), textOf(data.ciphertext)];
  if (ephemeral === undefined || mac === undefined || text === undefined) return undefined;
  try {
    return objectOf(JSON.parse(decrypt(ephemeral, mac, text)));
  } catch {
    return undefined;
  }
}

function none(error: unknown): undefined {
  if (error instanceof Failure && error.code === 'item-not-found') return undefined;
  throw error;
}
