import type { BridgeState, StateChange, StateKey, StateOptions, StateValue, StateWrite } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import {
  GuardFailed,
  type SealKey,
  type StateKept,
  type Statement,
  type StatePlace,
  type Store,
} from '#src/store/index.ts';

export type BridgeStateParts = {
  readonly store: Pick<Store, 'bridgeState' | 'unit'>;
  readonly transport: string;
  /** Seals what a bridge wants sealed. Without it that is refused: nothing secret is written in plain. */
  readonly sealKey?: SealKey;
};

/** What one transport's bridge remembers, and the statements of the writes that come with events. */
export type StoredState = {
  readonly state: BridgeState;
  /** Throws `Failure('not-supported')` for what should be sealed where there is no key. */
  statements(writes: readonly StateWrite[]): readonly Statement[];
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** How often a change is tried whose guard has failed. */
const TRIES = 3;

const bytesOf = (value: StateValue): Uint8Array => (typeof value === 'string' ? encoder.encode(value) : value);

/** The state of a transport's bridge in the store. What has expired is not found. Rejects with a `Failure` while the store is away. */
export function openBridgeState({ store, transport, sealKey }: BridgeStateParts): StoredState {
  const at = ({ account = '', key }: { account?: string | undefined; key: string }): StatePlace => ({
    transport,
    account,
    key,
  });

  function kept({ expires, seal = false }: StateOptions): StateKept {
    if (seal && !sealKey)
      throw new Failure('not-supported', {
        text: {
          en: 'There is no key to seal secrets with.',
          de: 'Es gibt keinen Schlüssel, um Geheimnisse zu versiegeln.',
        },
      });
    return { ...(expires !== undefined && { expires }), ...(seal && sealKey && { seal: sealKey }) };
  }

  function statement({ value, ...write }: StateWrite): Statement {
    if (value === null) return store.bridgeState.remove(at(write));
    return store.bridgeState.put(at(write), bytesOf(value), kept(write));
  }

  /** The statements of a change, or nothing where what is there is not what it expects. */
  async function changing({ expect, ...write }: StateChange): Promise<readonly Statement[] | undefined> {
    if (expect === undefined) return [statement(write)];
    const place = at(write);
    const { value } = write;
    // Where there is to be nothing and is nothing, a value that comes and goes shows that.
    if (expect === null && value === null)
      return [store.bridgeState.claim(place, new Uint8Array()), store.bridgeState.remove(place)];
    if (expect === null) return [store.bridgeState.claim(place, bytesOf(value ?? ''), kept(write))];
    const found = await store.bridgeState.find(place, sealKey);
    if (!found || Buffer.compare(found.value, bytesOf(expect)) !== 0) return undefined;
    if (value === null) return [store.bridgeState.removeFound(place, found)];
    return [store.bridgeState.swap(place, found, bytesOf(value), kept(write))];
  }

  /** A guard that fails may have met the same value sealed anew: only another look tells. */
  async function write(changes: readonly StateChange[]): Promise<boolean> {
    for (let tries = 0; tries < TRIES; tries++) {
      const all = await Promise.all(changes.map(changing));
      const statements = all.flatMap((each) => each ?? []);
      if (all.includes(undefined)) return false;
      try {
        await store.unit(statements);
        return true;
      } catch (error) {
        if (!(error instanceof GuardFailed)) throw error;
      }
    }
    return false;
  }

  const one = async (change: StateWrite): Promise<void> => void (await store.unit([statement(change)]));

  return {
    statements: (writes) => writes.map(statement),
    state: {
      async get(key: StateKey) {
        const value = await store.bridgeState.get(at(key), sealKey);
        return value && decoder.decode(value);
      },
      bytes: (key) => store.bridgeState.get(at(key), sealKey),
      put: (key, value, options) => one({ ...key, ...options, value }),
      delete: (key) => one({ ...key, value: null }),
      write,
      async list({ account, prefix }) {
        const found = await store.bridgeState.list(at({ account, key: prefix }), sealKey);
        return found.map(({ key, value }) => ({ key, value: decoder.decode(value), bytes: value }));
      },
    },
  };
}
