// A Matrix client of others for tests, matrix-js-sdk: with encryption, cross-signing, verification by emoji and a key backup.
// Plain JavaScript with its types beside it, so that they are checked without that library, too.
import { setTimeout as delay } from 'node:timers/promises';
import * as sdk from 'matrix-js-sdk';
import * as api from 'matrix-js-sdk/lib/crypto-api/index.js';
import { logger as common } from 'matrix-js-sdk/lib/logger.js';

const silent = () => undefined;
/** It tells its whole life. */
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, getChild: () => logger };
common.disableAll?.();

const { CryptoEvent, VerificationPhase, VerifierEvent } = api;
const LIMIT = 60_000; // milliseconds
const POLL = 30; // milliseconds, for what the library announces by no event

async function until(what, condition) {
  for (const end = Date.now() + LIMIT; ; await delay(POLL)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} never came`);
  }
}

const passwordLogin = (user, password) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password,
});

export async function openDevice({ url, user, password, device: deviceId, encrypted = true }) {
  const login = await sdk.createClient({ baseUrl: url, logger }).loginRequest({
    ...passwordLogin(user, password),
    device_id: deviceId,
  });
  const secret = { key: undefined };
  const client = sdk.createClient({
    baseUrl: url,
    logger,
    userId: login.user_id,
    deviceId: login.device_id,
    accessToken: login.access_token,
    timelineSupport: true,
    verificationMethods: ['m.sas.v1'],
    cryptoCallbacks: {
      getSecretStorageKey: async ({ keys }) => (secret.key ? [Object.keys(keys)[0], secret.key] : null),
    },
  });
  if (encrypted) await client.initRustCrypto({ useIndexedDB: false });
  await client.startClient({ threadSupport: true, lazyLoadMembers: true, initialSyncLimit: 50 });
  await until(`the first sync of ${user}`, () => ['PREPARED', 'SYNCING'].includes(client.getSyncState()));
  return device(client, passwordLogin(login.user_id, password), secret);
}

function device(client, login, secret) {
  const user = client.getUserId();
  // What is said in a thread has a timeline of its own.
  const timelines = (room) =>
    [room, ...room.getThreads()].map((one) => one.getUnfilteredTimelineSet?.() ?? one.timelineSet);
  const events = (id) => {
    const room = client.getRoom(id);
    return room ? timelines(room).flatMap((one) => one.getLiveTimeline().getEvents()) : [];
  };
  return {
    client,
    user,
    id: client.getDeviceId(),

    async makeRoom({ encrypted = false, direct, invite = direct ? [direct] : [], ...more } = {}) {
      const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
      const { room_id: room } = await client.createRoom({
        preset: direct ? 'trusted_private_chat' : 'private_chat',
        is_direct: Boolean(direct),
        invite,
        initial_state: encrypted ? [encryption] : [],
        ...more,
      });
      if (direct) await client.setAccountData('m.direct', { [direct]: [room] });
      await until(`the room of ${user}`, () => client.getRoom(room)?.getMyMembership() === 'join');
      if (encrypted) await until('its encryption', () => client.getCrypto().isEncryptionEnabledInRoom(room));
      return room;
    },

    async join(room) {
      await client.joinRoom(room);
      await until(`${user} in the room`, () => client.getRoom(room)?.getMyMembership() === 'join');
    },

    async joined(room, who) {
      await until(`${who} in the room`, () => client.getRoom(room)?.getMember(who)?.membership === 'join');
    },

    async invited(room) {
      await until(`the invitation of ${user}`, () => client.getRoom(room)?.getMyMembership() === 'invite');
    },

    async invitedBy(who) {
      const from = (room) =>
        room.getMyMembership() === 'invite' && room.getMember(user)?.events.member?.getSender() === who;
      return (await until(`an invitation of ${who}`, () => client.getRooms().find(from))).roomId;
    },

    async types(room, who, active) {
      await until(`whether ${who} types: ${active}`, () => client.getRoom(room)?.getMember(who)?.typing === active);
    },

    // The place of a reader is also moved by what they say: only what they have told counts.
    async read(room, who, event) {
      await until(`what ${who} has read`, () => client.getRoom(room)?.getEventReadUpTo(who, true) === event);
    },

    async send(room, content) {
      const { event_id: id } = await client.sendMessage(room, content);
      return id;
    },

    text: (room, body) => client.sendMessage(room, { msgtype: 'm.text', body }).then(({ event_id: id }) => id),

    async next(room, matches, what = 'the message') {
      return until(what, async () => {
        for (const event of events(room)) {
          if (event.isEncrypted()) await client.decryptEventIfNeeded(event).catch(silent);
          if (event.isDecryptionFailure()) continue;
          const seen = {
            id: event.getId(),
            type: event.getType(),
            sender: event.getSender(),
            content: event.getContent(),
            relation: event.getWireContent()['m.relates_to'],
            redacts: event.isRedaction() ? event.getAssociatedId() : undefined,
            about: event.getStateKey(),
            encrypted: event.isEncrypted(),
          };
          if (matches(seen)) return seen;
        }
        return undefined;
      });
    },

    async bootstrap() {
      const crypto = client.getCrypto();
      let key;
      await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (make) => make(login) });
      await crypto.bootstrapSecretStorage({
        setupNewKeyBackup: true,
        createSecretStorageKey: async () => {
          key = await crypto.createRecoveryKeyFromPassphrase();
          secret.key = key.privateKey;
          return key;
        },
      });
      return key.encodedPrivateKey;
    },

    // It uploads when it has time: only the homeserver's count says that it has.
    async backedUp(count) {
      const authorization = `Bearer ${client.getAccessToken()}`;
      const version = `${client.getHomeserverUrl()}/_matrix/client/v3/room_keys/version`;
      const info = () => fetch(version, { headers: { authorization } }).then((answer) => answer.json());
      await until(`a backup of ${count} keys`, async () => ((await info()).count ?? 0) >= count);
    },

    async devices() {
      return (await client.getDevices()).devices.map(({ device_id: id, display_name: name }) => ({ id, name }));
    },

    async isVerified(who, deviceId) {
      const status = await client.getCrypto().getDeviceVerificationStatus(who, deviceId);
      return Boolean(status?.crossSigningVerified);
    },

    async verified(who, deviceId) {
      await until(`${who} ${deviceId} verified`, () => this.isVerified(who, deviceId));
    },

    // Takes the next request for a verification, and confirms when `compare` says that the emoji are the same.
    async answerVerification(compare) {
      const request = await new Promise((done) => client.once(CryptoEvent.VerificationRequestReceived, done));
      await request.accept();
      await confirm(await until('the start of the verification', () => request.verifier), compare);
    },

    // Asks another device of the same user for a verification.
    async askVerification(deviceId, compare) {
      const known = () => client.getCrypto().getUserDeviceInfo([user], true);
      await until(`the device ${deviceId}`, async () => (await known()).get(user)?.has(deviceId));
      const request = await client.getCrypto().requestDeviceVerification(user, deviceId);
      await until('the answer', () => request.phase === VerificationPhase.Ready);
      await confirm(await request.startVerification('m.sas.v1'), compare);
    },

    async restoreBackup(recoveryKey) {
      const crypto = client.getCrypto();
      secret.key = api.decodeRecoveryKey(recoveryKey);
      await crypto.userHasCrossSigningKeys(user, true);
      await crypto.bootstrapCrossSigning({});
      await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
      await crypto.checkKeyBackupAndEnable();
      return crypto.restoreKeyBackup();
    },

    upload: async (bytes, type) => (await client.uploadContent(Buffer.from(bytes), { type })).content_uri,

    async download(mxc) {
      const url = client.mxcUrlToHttp(mxc, undefined, undefined, undefined, false, true, true);
      const answer = await fetch(url, { headers: { authorization: `Bearer ${client.getAccessToken()}` } });
      if (!answer.ok) throw new Error(`no file: ${answer.status}`);
      return new Uint8Array(await answer.arrayBuffer());
    },

    async [Symbol.asyncDispose]() {
      client.stopClient();
    },
  };
}

async function confirm(verifier, compare) {
  const shown = new Promise((done) => {
    const callbacks = verifier.getShowSasCallbacks();
    if (callbacks) done(callbacks);
    else verifier.once(VerifierEvent.ShowSas, done);
  });
  const ended = verifier.verify();
  ended.catch(silent);
  const callbacks = await shown;
  if (await compare(callbacks.sas.emoji.map(([symbol]) => symbol))) await callbacks.confirm();
  else callbacks.mismatch();
  await ended;
}
