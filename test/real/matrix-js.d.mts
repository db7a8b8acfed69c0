/** A message or state of a room, decrypted where it was encrypted. */
export type SeenEvent = {
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** What it says of another event, which is never encrypted. */
  readonly relation?: Readonly<Record<string, unknown>>;
  /** The event that it takes back. */
  readonly redacts?: string;
  /** Of a state: whom or what it is about. */
  readonly about?: string;
  readonly encrypted: boolean;
};

/** Says whether the emoji that are shown are those that the other side shows. */
export type CompareEmoji = (symbols: readonly string[]) => boolean | Promise<boolean>;

/** What is called of the client itself. Anything else of it may be called too, untyped. */
export type MatrixJsClient = {
  getRoom(room: string): { getMyMembership(): string; readonly name: string } | null;
  redactEvent(room: string, event: string): Promise<unknown>;
  sendEvent(room: string, type: string, content: object): Promise<{ readonly event_id: string }>;
  sendStateEvent(room: string, type: string, content: object, key?: string): Promise<unknown>;
  sendTyping(room: string, typing: boolean, timeout: number): Promise<unknown>;
  setRoomReadMarkers(room: string, event: string): Promise<unknown>;
  setRoomReadMarkersHttpRequest(room: string, fullyRead: string, read: string): Promise<unknown>;
  getStateEvent(room: string, type: string, key: string): Promise<Readonly<Record<string, unknown>>>;
  upgradeRoom(room: string, version: string): Promise<{ readonly replacement_room: string }>;
  setDisplayName(name: string): Promise<unknown>;
  kick(room: string, user: string, reason?: string): Promise<unknown>;
  ban(room: string, user: string, reason?: string): Promise<unknown>;
  invite(room: string, user: string): Promise<unknown>;
  leave(room: string): Promise<unknown>;
  /** Asks at once where it waits because the homeserver did not answer. */
  retryImmediately(): boolean;
  logout(stop: boolean): Promise<unknown>;
};

/** One device of a user, logged in and syncing; its keys are in memory. Disposing of it stops it. */
export type MatrixJsDevice = AsyncDisposable & {
  readonly client: MatrixJsClient;
  readonly user: string;
  readonly id: string;
  /** Makes a room and resolves with its id once the own sync has it. `direct`: a direct chat with that user. */
  makeRoom(options?: {
    readonly encrypted?: boolean;
    readonly direct?: string;
    readonly invite?: readonly string[];
    readonly name?: string;
    readonly room_version?: string;
    readonly preset?: 'public_chat';
    readonly room_alias_name?: string;
    readonly power_level_content_override?: object;
  }): Promise<string>;
  join(room: string): Promise<void>;
  /** Waits until the device's user is invited. */
  invited(room: string): Promise<void>;
  /** Waits until somebody invites the device's user, and resolves with the room. */
  invitedBy(who: string): Promise<string>;
  /** Waits until somebody types in the room, or does not. */
  types(room: string, who: string, active: boolean): Promise<void>;
  /** Waits until somebody has told that they have read up to the event. */
  read(room: string, who: string, event: string): Promise<void>;
  /** Waits until somebody is in the room. */
  joined(room: string, who: string): Promise<void>;
  /** Sends a message, encrypted where the room is. Resolves with the id of the event. */
  send(room: string, content: object): Promise<string>;
  text(room: string, body: string): Promise<string>;
  /** The first event of the room, there or to come, for which `matches` is true. Rejects after 20 s. */
  next(room: string, matches: (event: SeenEvent) => boolean, what?: string): Promise<SeenEvent>;
  /** Makes cross-signing keys, secret storage and a key backup. Resolves with the recovery key as people type it. */
  bootstrap(): Promise<string>;
  /** Waits until so many keys are in the backup. */
  backedUp(count: number): Promise<void>;
  /** The devices of the same user. */
  devices(): Promise<readonly { readonly id: string; readonly name?: string }[]>;
  isVerified(who: string, device: string): Promise<boolean>;
  verified(who: string, device: string): Promise<void>;
  /** Takes the next request for a verification by emoji to its end. */
  answerVerification(compare: CompareEmoji): Promise<void>;
  /** Asks another device of the same user for one. */
  askVerification(device: string, compare: CompareEmoji): Promise<void>;
  /** Reads the key backup with a recovery key. */
  restoreBackup(recoveryKey: string): Promise<{ readonly total: number; readonly imported: number }>;
  upload(bytes: Uint8Array, type: string): Promise<string>;
  download(mxc: string): Promise<Uint8Array>;
};

export function openDevice(options: {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly device?: string;
  readonly encrypted?: boolean;
}): Promise<MatrixJsDevice>;
