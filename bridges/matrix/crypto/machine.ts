import { randomUUID } from 'node:crypto';
import type * as Wasm from '@matrix-org/matrix-sdk-crypto-wasm';
import type { Breaker } from '#bridges/matrix/homeserver/breaker.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { isId } from '#bridges/matrix/wire/ids.ts';
import type { BridgeState } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type CryptoEngine, loadEngine } from './engine.ts';
import { type KeyStore, openKeyStore } from './store.ts';
import { claimOf, openUnreached, type Unreached } from './unreached.ts';

/** A call of the client-server API below `/_matrix/client`. `repeatable`: it may be made again. */
export type KeyQuestion = {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly repeatable?: boolean;
  /** How often it is made where it may be made again, if not as usual. */
  readonly tries?: number;
};
/** Makes it, and resolves with the object that is answered. Rejects with a `Failure`. */
export type KeyCall = (question: KeyQuestion) => Promise<Json>;

/** What a sync says of keys (client-server API §11.12.6 and §11.10). */
export type KeyNews = {
  readonly events: readonly unknown[];
  readonly changed: readonly string[];
  readonly left: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly fallbacks?: readonly string[];
};

/** How a room is encrypted, and who may read it. */
export type RoomKeys = {
  readonly room: string;
  readonly members: readonly string[];
  readonly historyVisibility: string;
  /** The content of its `m.room.encryption`. */
  readonly encryption: Json;
};

/** An event in plain, or why there is none: the key is missing, and may yet come, or it is not readable at all. */
export type Decrypted = Json | 'missing' | 'unreadable';

export type DeviceKeysParts = {
  readonly call: KeyCall;
  readonly state: BridgeState;
  readonly account: AccountKey;
  readonly user: string;
  readonly device: string;
  /** What the homeserver has failed at for a room is left alone for a while. */
  readonly exchanges: Breaker;
  /** Keys of rooms have come. */
  onKeys?(rooms: readonly string[]): void;
};

/** The keys of one device. What is done with them is done one after the other, and durable before anybody hears of it. */
export type DeviceKeys = {
  readonly engine: CryptoEngine;
  /** The library's own interface, for verifications. Within `alone`. */
  readonly machine: Wasm.OlmMachine;
  readonly call: KeyCall;
  /** Does something with the keys while nothing else does. What has changed is durable when it resolves. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Takes in what a sync says. Resolves once durable; what is to be answered goes out by `flush`. */
  take(news: KeyNews): Promise<void>;
  /** Sends what the library wants sent: new keys, questions for those of others, answers. What fails keeps the others from nothing. */
  flush(): Promise<void>;
  /** Hands one request of the library to the homeserver. Within `alone`. */
  send(request: KeyRequest): Promise<void>;
  /** The same beside all else that is done with the keys: for what was made within `alone`, and nobody waits for. */
  sendBeside(request: KeyRequest): Promise<void>;
  /**
   * The content of an encrypted event, after everybody in the room was given its key. In one room one after the other. Rejects with a
   * `Failure` where the homeserver fails at that; nothing was said then.
   */
  encrypt(room: RoomKeys, type: string, content: Json): Promise<Json>;
  decrypt(room: string, event: Json): Promise<Decrypted>;
  /** Does nothing new, and resolves once what is under way is over. */
  close(): Promise<void>;
};

/** What the library wants sent. What follows the body is of messages to devices or to a room, and of backups. */
export type KeyRequest = {
  readonly id: string | undefined;
  readonly type: Wasm.RequestType;
  readonly body: string;
  readonly event_type?: string;
  readonly txn_id?: string;
  readonly room_id?: string;
  readonly version?: string;
};

/** Times that something is found missing before a room can be written to: devices, sessions with them, and the key for them. */
const TURNS = 8;
/** Events that were read, as many as are remembered. */
const READ = 20_000;

/** Opens the keys of a device, those that are kept or new ones. */
export async function openDeviceKeys(parts: DeviceKeysParts): Promise<DeviceKeys> {
  const { call, user, device, exchanges, onKeys } = parts;
  const engine = await loadEngine();
  const { wasm } = engine;
  const store = await openKeyStore({ ...parts, engine });
  const machine = await opened(engine, store, user, device);
  let last: Promise<unknown> = Promise.resolve();
  let flushing: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;
  const read = openRecent<unknown>(READ);
  const unreached = openUnreached(wasm.RequestType);

  function alone<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(async () => {
      if (closed) throw new Failure('stopping');
      const value = await work();
      await store.save();
      return value;
    });
    last = done.catch(() => undefined);
    return done;
  }

  await machine.registerRoomKeyUpdatedCallback(async (keys) =>
    onKeys?.([...new Set(keys.map((key) => key.roomId.toString()))]),
  );

  const trusting = () => new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted);
  // What is no id has no keys.
  const ids = (users: readonly string[]) =>
    users.filter((one) => one.startsWith('@') && isId(one)).map((one) => new wasm.UserId(one));

  /** §11.12.4.2: each place in a session is one event, whoever sends what was encrypted again. */
  function isReplayed(room: string, { event_id, content }: Json): boolean {
    const { session_id, ciphertext } = objectOf(content);
    const at = `${room} ${session_id} ${megolmIndex(textOf(ciphertext) ?? '')}`;
    const known = read.get(at) ?? event_id;
    read.set(at, event_id);
    return known !== event_id;
  }

  async function send(request: KeyRequest): Promise<void> {
    // What others are told has to be there after a restart as well.
    await store.save();
    const answer = await call(callOf(wasm, request));
    unreached.answered(request, answer);
    if (request.id !== undefined) await machine.markRequestAsSent(request.id, request.type, JSON.stringify(answer));
  }

  /** What was made within `alone` is durable by now. Meanwhile all else goes on: the homeserver may take its time. */
  async function sendBeside(request: KeyRequest, tries?: number): Promise<void> {
    const { id, type } = request;
    const answer = await call({ ...callOf(wasm, request), ...(tries !== undefined && { tries }) });
    unreached.answered(request, answer);
    if (id !== undefined) await alone(() => machine.markRequestAsSent(id, type, JSON.stringify(answer)));
  }

  async function sendAll(): Promise<void> {
    let failure: unknown;
    for (const request of await alone(() => machine.outgoingRequests()))
      await sendBeside(request).catch((error: unknown) => {
        failure ??= error;
      });
    if (failure !== undefined) throw failure;
  }

  /** Only one at a time asks the same. */
  function flush(): Promise<void> {
    const done = flushing.then(sendAll);
    flushing = done.catch(() => undefined);
    return done;
  }

  const devicesOf = async (one: string): Promise<readonly string[]> =>
    (await machine.getUserDevices(new wasm.UserId(one))).keys().map((id) => id.toString());

  /** Asks once more, however lately that was, for keys without which nobody could read. Rejects with a `Failure` where it is in vain. */
  async function askAgain({ users, devices }: Unreached): Promise<void> {
    if (users.length > 0) await sendBeside(await alone(async () => machine.queryKeysForUsers(ids(users))));
    if (Object.keys(devices).length > 0)
      await sendBeside(new wasm.KeysClaimRequest(randomUUID(), JSON.stringify(claimOf(devices))));
    const all = [...users, ...Object.keys(devices)];
    if (await alone(() => unreached.among(all, devicesOf))) throw new Failure('remote-server-timeout');
  }

  /**
   * What has to be asked or told before a room can be written to, as far as that was not `tried` for it; nothing is left at
   * last. Where all others there are out of reach it is they.
   */
  async function missingFor({ room, members, historyVisibility, encryption }: RoomKeys, tried: Set<Wasm.RequestType>) {
    const users = ids(members);
    const { KeysQuery, KeysClaim } = wasm.RequestType;
    await machine.updateTrackedUsers(users);
    const asks = async (type: Wasm.RequestType, find: () => Promise<readonly KeyRequest[]>) => {
      if (tried.has(type)) return [];
      tried.add(type);
      return find();
    };
    const queries = await asks(KeysQuery, async () => {
      const requests: readonly KeyRequest[] = await machine.outgoingRequests();
      return requests.filter((request) => request.type === KeysQuery && isAbout(request, members));
    });
    if (queries.length > 0) return queries;
    const claims = await asks(KeysClaim, async () => {
      const claim = await machine.getMissingSessions(ids(members));
      return claim ? [claim] : [];
    });
    if (claims.length > 0) return claims;
    const others = members.filter((one) => one !== user && isId(one));
    const lost = await unreached.among(others, devicesOf);
    if (lost) return lost;
    return machine.shareRoomKey(new wasm.RoomId(room), ids(members), settingsOf(wasm, historyVisibility, encryption));
  }

  /**
   * Encrypts where everybody has the key. What fails on the way there fails this room alone: what is sent to the homeserver
   * keeps nobody else from their keys.
   */
  async function encrypt(about: RoomKeys, type: string, content: Json): Promise<Json> {
    const tried = new Set<Wasm.RequestType>();
    for (let turn = 0; turn < TURNS; turn++) {
      const step = await alone(async () => {
        const missing = await missingFor(about, tried);
        if ('users' in missing) return { unreached: missing, missing: [] };
        if (missing.length > 0) return { missing };
        const text = await machine.encryptRoomEvent(new wasm.RoomId(about.room), type, JSON.stringify(content));
        return { content: objectOf(JSON.parse(text)) };
      });
      if (step.content) return step.content;
      const { unreached: lost } = step;
      if (lost) {
        await exchanges.run(`${about.room} unreached`, () => askAgain(lost));
        // Whose devices are known by now may have no sessions yet.
        tried.clear();
      }
      for (const request of step.missing)
        await exchanges.run(`${about.room} ${request.type}`, () => sendBeside(request));
    }
    throw new Failure('remote-server-timeout');
  }

  return {
    engine,
    machine,
    call,
    alone,
    ...{ send, flush },
    sendBeside: (request) => sendBeside(request, 1),
    take: ({ events, changed, left, counts, fallbacks }) =>
      alone(async () => {
        for (const { type, sender } of events.map(objectOf))
          if (type === 'm.room.encrypted') unreached.heard(textOf(sender) ?? '');
        const unused = fallbacks && new Set(fallbacks);
        const numbers = new Map(Object.entries(counts));
        // One at a time: of two keys of one session that come at once the library keeps the last, be it the one that reads less.
        const parts = events.length === 0 ? [[]] : events.map((event) => [event]);
        for (const [index, part] of parts.entries()) {
          const lists = index === 0 ? new wasm.DeviceLists(ids(changed), ids(left)) : new wasm.DeviceLists();
          await machine.receiveSyncChanges(JSON.stringify(part), lists, numbers, unused, trusting());
        }
      }),
    encrypt,
    decrypt: (room, event) =>
      alone(async (): Promise<Decrypted> => {
        try {
          const found = await machine.decryptRoomEvent(JSON.stringify(event), new wasm.RoomId(room), trusting());
          return isReplayed(room, event) ? 'unreadable' : objectOf(JSON.parse(found.event));
        } catch (error) {
          if (!(error instanceof wasm.MegolmDecryptionError)) throw error;
          const { MissingRoomKey, UnknownMessageIndex } = wasm.DecryptionErrorCode;
          return error.code === MissingRoomKey || error.code === UnknownMessageIndex ? 'missing' : 'unreadable';
        }
      }),
    close() {
      // What is saved after its databases are gone would be empty ones.
      closed ??= last.then(() => {
        machine.close();
        store.close();
      });
      return closed;
    },
  };
}

async function opened(engine: CryptoEngine, store: KeyStore, user: string, device: string): Promise<Wasm.OlmMachine> {
  const machine = await engine.open(user, device, store.name);
  await store.save();
  return machine;
}

/** The place of a message in its session, as bytes: a version, a tag, and a number of seven bits a byte (olm, megolm §4). */
function megolmIndex(ciphertext: string): string {
  const bytes = Buffer.from(ciphertext.slice(0, 16), 'base64');
  const end = bytes.findIndex((byte, at) => at > 1 && byte < 0x80);
  return bytes.subarray(2, end + 1).toString('hex');
}

/** Whether a question for keys is about one of these users. */
const isAbout = ({ body }: KeyRequest, users: readonly string[]): boolean => {
  const asked = objectOf(objectOf(JSON.parse(body)).device_keys);
  return users.some((user) => Object.hasOwn(asked, user));
};

function settingsOf(wasm: typeof Wasm, historyVisibility: string, encryption: Json): Wasm.EncryptionSettings {
  const settings = new wasm.EncryptionSettings();
  settings.algorithm = wasm.EncryptionAlgorithm.MegolmV1AesSha2;
  settings.historyVisibility = visibility(wasm, historyVisibility);
  const { rotation_period_ms: age, rotation_period_msgs: count } = encryption;
  // In microseconds there.
  if (isCount(age)) settings.rotationPeriod = BigInt(age) * 1000n;
  if (isCount(count)) settings.rotationPeriodMessages = BigInt(count);
  return settings;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function visibility({ HistoryVisibility: known }: typeof Wasm, word: string): Wasm.HistoryVisibility {
  const words: Readonly<Record<string, Wasm.HistoryVisibility>> = {
    invited: known.Invited,
    joined: known.Joined,
    world_readable: known.WorldReadable,
  };
  return Object.hasOwn(words, word) ? (words[word] ?? known.Shared) : known.Shared;
}

/** Where a request of the library goes. */
function callOf({ RequestType: types }: typeof Wasm, request: KeyRequest): KeyQuestion {
  const body = objectOf(JSON.parse(request.body));
  const { event_type: type = '', txn_id: id = '', room_id: room = '', version = '' } = request;
  switch (request.type) {
    case types.KeysUpload:
      return { method: 'POST', path: ['v3', 'keys', 'upload'], body, repeatable: true };
    case types.KeysQuery:
      return { method: 'POST', path: ['v3', 'keys', 'query'], body, repeatable: true };
    case types.KeysClaim:
      return { method: 'POST', path: ['v3', 'keys', 'claim'], body, repeatable: true };
    case types.SignatureUpload:
      return { method: 'POST', path: ['v3', 'keys', 'signatures', 'upload'], body, repeatable: true };
    case types.ToDevice:
      return { method: 'PUT', path: ['v3', 'sendToDevice', type, id], body };
    case types.RoomMessage:
      return { method: 'PUT', path: ['v3', 'rooms', room, 'send', type, id], body };
    case types.KeysBackup:
      return { method: 'PUT', path: ['v3', 'room_keys', 'keys'], query: { version }, body };
    default:
      throw new Error(`a request of the type ${request.type} cannot be sent`);
  }
}
