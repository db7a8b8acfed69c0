import type { SessionKey } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import { openBatch, type Store } from '#src/store/index.ts';

export type LastingParts = { readonly store: Pick<Store, 'sessions' | 'unit'>; readonly log: Log };

/** The sessions that return by themselves after a restart. Written in batches, in order. */
export type Lasting = {
  /** The session is to return under that nick, `null` for none in particular, or (`false`) no longer. */
  note(key: SessionKey, nick: string | null | false): void;
  flush(): Promise<void>;
};

type Note = { readonly key: SessionKey; readonly nick: string | null | false };

/** Follows the sessions of accounts that stay connected. */
export function openLasting({ store, log }: LastingParts): Lasting {
  const batch = openBatch<Note>({
    store,
    log,
    what: 'sessions that last',
    statements: (notes) =>
      notes.map(({ key: { account, realm }, nick }) =>
        nick === false ? store.sessions.remove(account, realm) : store.sessions.put({ account, realm, nick }),
      ),
  });
  return { note: (key, nick) => batch.put({ key, nick }), flush: batch.flush };
}
