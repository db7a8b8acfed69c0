import type { DecryptedRoomEvent, IdentityKeys, Signatures } from '@matrix-org/matrix-sdk-crypto-wasm';
import {
  DeviceId,
  DeviceLists,
  EncryptionAlgorithm,
  HistoryVisibility,
  RequestType,
  RoomId,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';

export { Attachment, EncryptedAttachment } from '@matrix-org/matrix-sdk-crypto-wasm';
export { DeviceId, DeviceLists, EncryptionAlgorithm, HistoryVisibility, RequestType, RoomId, UserId };

/** Where the native module keeps keys. Here they are in memory, whatever it says. */
export enum StoreType {
  Sled = 0,
  Sqlite = 1,
}

/** What a room's keys are made with. `rotationPeriod` in milliseconds. */
export class EncryptionSettings {
  algorithm: EncryptionAlgorithm | undefined;
  historyVisibility: HistoryVisibility;
  rotationPeriod: bigint;
  rotationPeriodMessages: bigint;
}

/** What is to be sent to the homeserver: `body` is JSON. The last two are those of a to-device request. */
export type NativeRequest = {
  readonly id: string;
  readonly type: RequestType;
  readonly body: string;
  readonly txnId?: string;
  readonly eventType?: string;
};

/** A device's keys, kept in memory. */
export class OlmMachine {
  private constructor();
  static initialize(
    userId: UserId,
    deviceId: DeviceId,
    storePath?: string,
    passphrase?: string,
    storeType?: StoreType,
  ): Promise<OlmMachine>;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly identityKeys: IdentityKeys;
  outgoingRequests(): Promise<NativeRequest[]>;
  markRequestAsSent(id: string, type: RequestType, response: string): Promise<boolean>;
  updateTrackedUsers(users: readonly UserId[]): Promise<void>;
  getMissingSessions(users: readonly UserId[]): Promise<NativeRequest | null>;
  shareRoomKey(room: RoomId, users: readonly UserId[], settings: EncryptionSettings): Promise<NativeRequest[]>;
  encryptRoomEvent(room: RoomId, type: string, content: string): Promise<string>;
  decryptRoomEvent(event: string, room: RoomId): Promise<DecryptedRoomEvent>;
  receiveSyncChanges(
    events: string,
    lists: DeviceLists,
    counts?: Readonly<Record<string, number>>,
    fallbacks?: readonly string[],
  ): Promise<string>;
  sign(text: string): Promise<Signatures>;
  close(): void;
}
