import { setImmediate } from 'node:timers/promises';
import type { openStore, StoreOptions } from '#src/store/index.ts';
import { storeOn } from '#src/store/index.ts';
import { openSqlite } from '#src/store/sqlite/sqlite.ts';

/** Opens the store of a gateway, and knows whether that has its answers. */
export type AskedStore = {
  readonly open: typeof openStore;
  /** Resolves once the store has answered all that it was asked, and nobody has asked more because of that. */
  answered(): Promise<void>;
};

/** Turns of the loop in which whoever has an answer asks on. */
const TURNS = 3;

/** For a store that is a file. */
export function askedStore(): AskedStore {
  const asked = new Set<Promise<unknown>>();
  const noting =
    <A, R>(ask: (of: A) => Promise<R>) =>
    (of: A): Promise<R> => {
      const answer = ask(of);
      const end = (): unknown => asked.delete(answer);
      asked.add(answer);
      answer.then(end, end);
      return answer;
    };
  return {
    async open({ url, log, clock, heart }: StoreOptions) {
      const engine = await openSqlite(url.replace(/^sqlite:/, ''), log, heart);
      return storeOn({ ...engine, write: noting(engine.write), read: noting(engine.read) }, clock);
    },
    async answered() {
      for (let turns = 0; turns < TURNS; turns++) {
        if (asked.size > 0) turns = 0;
        await Promise.allSettled(asked);
        await setImmediate();
      }
    },
  };
}
