import type * as Wasm from '@matrix-org/matrix-sdk-crypto-wasm';
import { type Json, objectOf } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import type { KeyRequest } from './machine.ts';

/** What is to be asked once more: for the devices of users, and for keys of devices by their users. */
export type Unreached = {
  readonly users: readonly string[];
  readonly devices: Readonly<Record<string, readonly string[]>>;
};

type Types = typeof Wasm.RequestType;

/**
 * Of whom the homeserver could not tell or claim keys because their own one was out of reach (client-server API §11.12:
 * `failures`). The library leaves such servers alone for a while, and writes as if nobody were there.
 */
export function openUnreached(types: Types) {
  /** Users whose devices are not known. */
  const unknown = new Set<string>();
  /** Devices with which there is no session, by their users. */
  const apart = new Map<string, Set<string>>();

  function queried(body: Json, failures: Json, told: Json): void {
    for (const user of Object.keys(objectOf(body.device_keys)))
      if (Object.hasOwn(failures, serverOf(user)) && !Object.hasOwn(told, user)) unknown.add(user);
      else unknown.delete(user);
  }

  function claimed(body: Json, failures: Json): void {
    for (const [user, wanted] of Object.entries(objectOf(body.one_time_keys))) {
      const without = apart.get(user) ?? new Set<string>();
      const isLost = Object.hasOwn(failures, serverOf(user));
      for (const device of Object.keys(objectOf(wanted)))
        if (isLost) without.add(device);
        else without.delete(device);
      if (without.size > 0) apart.set(user, without);
      else apart.delete(user);
    }
  }

  return {
    /** Takes in how the homeserver has answered. */
    answered(request: KeyRequest, answer: Json): void {
      if (request.type !== types.KeysQuery && request.type !== types.KeysClaim) return;
      const body = objectOf(JSON.parse(request.body));
      const failures = objectOf(answer.failures);
      if (request.type === types.KeysQuery) queried(body, failures, objectOf(answer.device_keys));
      else claimed(body, failures);
    },

    /** Somebody's device has written to this one: there is a session by now. */
    heard: (user: string): void => void apart.delete(user),

    /** Who of these cannot be given a key; nothing where somebody can. `devicesOf`: the devices of a user that are known. */
    async among(
      users: readonly string[],
      devicesOf: (user: string) => Promise<readonly string[]>,
    ): Promise<Unreached | undefined> {
      const devices: Record<string, readonly string[]> = {};
      for (const user of users) {
        if (!unknown.has(user) && !apart.has(user)) return undefined;
        const known = await devicesOf(user);
        const without = apart.get(user);
        if (known.length > 0 ? known.some((one) => !without?.has(one)) : !unknown.has(user)) return undefined;
        if (known.length > 0) devices[user] = known;
      }
      return users.length === 0 ? undefined : { users: users.filter((user) => unknown.has(user)), devices };
    },
  };
}

/** The content of a claim for a key of each of these devices. Pure. */
export function claimOf(devices: Unreached['devices']): Json {
  const each = ([user, ids]: readonly [string, readonly string[]]) =>
    [user, Object.fromEntries(ids.map((id) => [id, 'signed_curve25519']))] as const;
  return { one_time_keys: Object.fromEntries(Object.entries(devices).map(each)), timeout: 10_000 };
}
