// What a homeserver knows of keys, in memory: client-server API §11.12 (end-to-end encryption) and §11.10 (to-device messages).

type Keys = Readonly<Record<string, unknown>>;
type ToDevice = { readonly type: string; readonly sender: string; readonly content: unknown };
/** What waits for a device. `told`: the place of the sync that has told it. */
type Waiting = { readonly message: ToDevice; told?: number };
type DeviceKept = {
  keys: Keys;
  readonly oneTime: Map<string, unknown>;
  fallback: Map<string, unknown>;
  inbox: Waiting[];
};

type Upload = { device_keys?: Keys; one_time_keys?: Keys; fallback_keys?: Keys };
type Query = { device_keys: Readonly<Record<string, readonly string[]>> };
type Claim = { one_time_keys: Readonly<Record<string, Readonly<Record<string, string>>>> };
type Send = { messages: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

export class KeyServer {
  readonly #users = new Map<string, Map<string, DeviceKept>>();

  /** POST /keys/upload. Answers with how many one-time keys there are. */
  upload(user: string, device: string, { device_keys, one_time_keys = {}, fallback_keys = {} }: Upload) {
    const kept = this.#device(user, device);
    if (device_keys) kept.keys = device_keys;
    for (const [id, key] of Object.entries(one_time_keys)) kept.oneTime.set(id, key);
    if (Object.keys(fallback_keys).length > 0) kept.fallback = new Map(Object.entries(fallback_keys));
    return { one_time_key_counts: this.counts(user, device) };
  }

  /** POST /keys/query. */
  query({ device_keys }: Query) {
    const of = (user: string) => [...(this.#users.get(user) ?? [])].map(([device, { keys }]) => [device, keys]);
    const found = Object.keys(device_keys).map((user) => [user, Object.fromEntries(of(user))]);
    return { device_keys: Object.fromEntries(found), failures: {} };
  }

  /** POST /keys/claim: each one-time key is given away once, and the fallback key after the last. */
  claim({ one_time_keys }: Claim) {
    const of = ([user, devices]: readonly [string, Readonly<Record<string, string>>]) => [
      user,
      Object.fromEntries(Object.keys(devices).map((device) => [device, this.#take(user, device)])),
    ];
    return { one_time_keys: Object.fromEntries(Object.entries(one_time_keys).map(of)), failures: {} };
  }

  /** PUT /sendToDevice/{type}/{txnId}. */
  send(sender: string, type: string, { messages }: Send) {
    for (const [user, devices] of Object.entries(messages)) {
      for (const [device, content] of Object.entries(devices)) {
        const to = device === '*' ? [...(this.#users.get(user)?.keys() ?? [])] : [device];
        for (const each of to) this.#device(user, each).inbox.push({ message: { type, sender, content } });
      }
    }
    return {};
  }

  /**
   * What waits for a device, as a sync tells it that goes on at `since` and ends at `next`: what was told until `since` has
   * arrived, and all else is told again (§11.10.3.2). Without these the device has it at once.
   */
  inbox(user: string, device: string, since = 0, next = 0): readonly ToDevice[] {
    const kept = this.#device(user, device);
    kept.inbox = kept.inbox.filter(({ told }) => told === undefined || told > since);
    for (const one of kept.inbox) one.told ??= next;
    return kept.inbox.map(({ message }) => message);
  }

  /** Somebody has logged a device out. */
  remove(user: string, device: string): void {
    this.#users.get(user)?.delete(device);
  }

  counts(user: string, device: string): Readonly<Record<string, number>> {
    return { signed_curve25519: this.#device(user, device).oneTime.size };
  }

  #take(user: string, device: string): Keys {
    const { oneTime, fallback } = this.#device(user, device);
    const [first = [...fallback][0]] = oneTime;
    if (!first) return {};
    oneTime.delete(first[0]);
    return { [first[0]]: first[1] };
  }

  #device(user: string, device: string): DeviceKept {
    const devices = this.#users.get(user) ?? new Map<string, DeviceKept>();
    this.#users.set(user, devices);
    const kept = devices.get(device) ?? { keys: {}, oneTime: new Map(), fallback: new Map(), inbox: [] };
    devices.set(device, kept);
    return kept;
  }
}
