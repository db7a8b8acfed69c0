import type { BridgeState, StateKey, StateOptions, StateWrite } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { SealKey, Statement, StatePlace, Store } from '#src/store/index.ts';
import { away } from './store-away.ts';

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

/** The state of a transport's bridge in the store. What has expired is not found. Rejects with a `Failure` while the store is away. */
export function openBridgeState({ store, transport, sealKey }: BridgeStateParts): StoredState {
  const at = ({ account = '', key }: { account?: string | undefined; key: string }): StatePlace => ({
    transport,
    account,
    key,
  });

  function kept({ expires, seal = false }: StateOptions): { expires?: number; seal?: SealKey } {
    if (seal && !sealKey) throw new Failure('not-supported', { text: 'There is no key to seal secrets with.' });
    return { ...(expires !== undefined && { expires }), ...(seal && sealKey && { seal: sealKey }) };
  }

  function statement({ value, ...write }: StateWrite): Statement {
    if (value === null) return store.bridgeState.remove(at(write));
    return store.bridgeState.put(at(write), encoder.encode(value), kept(write));
  }

  const write = async (change: StateWrite): Promise<void> => void (await store.unit([statement(change)]).catch(away));

  return {
    statements: (writes) => writes.map(statement),
    state: {
      async get(key: StateKey) {
        const value = await store.bridgeState.get(at(key), sealKey).catch(away);
        return value && decoder.decode(value);
      },
      put: (key, value, options) => write({ ...key, ...options, value }),
      delete: (key) => write({ ...key, value: null }),
      async list({ account, prefix }) {
        const found = await store.bridgeState.list(at({ account, key: prefix }), sealKey).catch(away);
        return found.map(({ key, value }) => ({ key, value: decoder.decode(value) }));
      },
    },
  };
}
