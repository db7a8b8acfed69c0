import type { BridgeState, StateKey, StateWrite } from '#src/bridge.ts';
import type { Clock } from '#src/lib/clock.ts';

type Entry = { readonly value: string; readonly expires: number };

/** The state of a bridge under test, and what applies the writes that come with events. */
export type MemoryState = { readonly state: BridgeState; apply(writes: readonly StateWrite[]): void };

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
    else scope.set(key, { value, expires: expires ?? Number.POSITIVE_INFINITY });
    if (scope.size === 0) scopes.delete(account);
    else scopes.set(account, scope);
  }

  return {
    apply: (writes) => writes.forEach(write),
    state: {
      get: async ({ account, key }) => live(account).get(key)?.value,
      put: async (at, value, options) => write({ ...at, ...options, value }),
      delete: async (at) => write({ ...at, value: null }),
      list: async ({ account, prefix }) =>
        [...live(account)]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { value }]) => ({ key, value }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
    },
  };
}
