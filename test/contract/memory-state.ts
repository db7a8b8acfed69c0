import type { BridgeState, StateChange, StateKey, StateValue, StateWrite } from '#src/bridge.ts';
import type { Clock } from '#src/lib/time/clock.ts';

type Entry = { readonly value: Buffer; readonly expires: number };

/** The state of a bridge under test, and what applies the writes that come with events. */
export type MemoryState = { readonly state: BridgeState; apply(writes: readonly StateWrite[]): void };

const bytesOf = (value: StateValue): Buffer => Buffer.from(value as Uint8Array);

/** Empty. What it holds ends with the test. */
export function memoryState(clock: Pick<Clock, 'now'>): MemoryState {
  const scopes = new Map<StateKey['account'], Map<string, Entry>>();

  function live(account: StateKey['account']): Map<string, Entry> {
    const scope = scopes.get(account) ?? new Map<string, Entry>();
    for (const [key, { expires }] of scope) if (expires <= clock.now()) scope.delete(key);
    return scope;
  }

  function write({ account, key, value, expires }: StateWrite): void {
    const scope = live(account);
    if (value === null) scope.delete(key);
    else scope.set(key, { value: bytesOf(value), expires: expires ?? Number.POSITIVE_INFINITY });
    if (scope.size === 0) scopes.delete(account);
    else scopes.set(account, scope);
  }

  function isExpected({ account, key, expect }: StateChange): boolean {
    if (expect === undefined) return true;
    const found = live(account).get(key)?.value;
    return expect === null ? found === undefined : found?.equals(bytesOf(expect)) === true;
  }

  return {
    apply: (writes) => writes.forEach(write),
    state: {
      get: async ({ account, key }) => live(account).get(key)?.value.toString(),
      bytes: async ({ account, key }) => live(account).get(key)?.value,
      async write(changes) {
        if (!changes.every(isExpected)) return false;
        changes.forEach(write);
        return true;
      },
      put: async (at, value, options) => write({ ...at, ...options, value }),
      delete: async (at) => write({ ...at, value: null }),
      list: async ({ account, prefix }) =>
        [...live(account)]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { value }]) => ({ key, value: value.toString(), bytes: value }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
    },
  };
}
