// The interface of @matrix-org/matrix-sdk-crypto-nodejs 0.4 over the WebAssembly build of the same library: the native one is
// downloaded by an install script. matrix-bot-sdk loads this; the bridge's own encryption takes the WebAssembly build itself.
'use strict';
const wasm = require('@matrix-org/matrix-sdk-crypto-wasm');

/** Each of them is known by a number there, and by the same here. */
const StoreType = Object.freeze({ Sled: 0, Sqlite: 1 });

const DAY = 86_400_000n;

/** What a room's keys are made with. `rotationPeriod` is in milliseconds, as matrix-bot-sdk gives it. */
class EncryptionSettings {
  algorithm = undefined;
  historyVisibility = wasm.HistoryVisibility.Shared;
  rotationPeriod = 7n * DAY;
  rotationPeriodMessages = 100n;
}

/** The WebAssembly build frees an object that is given away; whoever calls us may use theirs again. */
const copies = (users) => users.map((user) => user.clone());

const trusting = () => new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted);

/** A request as the native module has it: with the names of its fields, and all of a to-device request in its body. */
function native(request) {
  if (!request) return null;
  const { id, type, body, txn_id: txnId, event_type: eventType } = request;
  if (type !== wasm.RequestType.ToDevice) return { id, type, body };
  const whole = { ...JSON.parse(body), txn_id: txnId, event_type: eventType };
  return { id, type, body: JSON.stringify(whole), txnId, eventType };
}

function wasmSettings({ algorithm, historyVisibility, rotationPeriod, rotationPeriodMessages }) {
  const settings = new wasm.EncryptionSettings();
  if (algorithm !== undefined) settings.algorithm = algorithm;
  settings.historyVisibility = historyVisibility;
  // In microseconds there.
  settings.rotationPeriod = rotationPeriod * 1000n;
  settings.rotationPeriodMessages = rotationPeriodMessages;
  return settings;
}

/** A device's keys. They are kept in memory: whatever the path of a store says, nothing is written. */
class OlmMachine {
  #machine;

  constructor(machine) {
    this.#machine = machine;
  }

  static async initialize(userId, deviceId) {
    return new OlmMachine(await wasm.OlmMachine.initialize(userId, deviceId));
  }

  get userId() {
    return this.#machine.userId;
  }

  get deviceId() {
    return this.#machine.deviceId;
  }

  get identityKeys() {
    return this.#machine.identityKeys;
  }

  async outgoingRequests() {
    return (await this.#machine.outgoingRequests()).map(native);
  }

  markRequestAsSent(id, type, response) {
    return this.#machine.markRequestAsSent(id, type, response);
  }

  async updateTrackedUsers(users) {
    await this.#machine.updateTrackedUsers(copies(users));
  }

  async getMissingSessions(users) {
    return native(await this.#machine.getMissingSessions(copies(users)));
  }

  async shareRoomKey(room, users, settings) {
    return (await this.#machine.shareRoomKey(room, copies(users), wasmSettings(settings))).map(native);
  }

  encryptRoomEvent(room, type, content) {
    return this.#machine.encryptRoomEvent(room, type, content);
  }

  decryptRoomEvent(event, room) {
    return this.#machine.decryptRoomEvent(event, room, trusting());
  }

  /** Resolves with the to-device events, as JSON, those that were encrypted in plain. */
  async receiveSyncChanges(events, lists, counts = {}, fallbacks = undefined) {
    const unused = fallbacks && new Set(fallbacks);
    const numbers = new Map(Object.entries(counts));
    const processed = await this.#machine.receiveSyncChanges(events, lists, numbers, unused, trusting());
    return `[${processed.map(({ rawEvent }) => rawEvent).join(',')}]`;
  }

  sign(text) {
    return this.#machine.sign(text);
  }

  close() {
    this.#machine.close();
  }
}

module.exports = {
  OlmMachine,
  EncryptionSettings,
  StoreType,
  UserId: wasm.UserId,
  DeviceId: wasm.DeviceId,
  RoomId: wasm.RoomId,
  DeviceLists: wasm.DeviceLists,
  Attachment: wasm.Attachment,
  EncryptedAttachment: wasm.EncryptedAttachment,
  RequestType: wasm.RequestType,
  EncryptionAlgorithm: wasm.EncryptionAlgorithm,
  HistoryVisibility: wasm.HistoryVisibility,
};
