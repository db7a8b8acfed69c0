import type { Statement, Store, UnitResult } from '#src/store/index.ts';

/** What waits to be written with whatever is written next. `done` comes after the commit. */
export type Cut = { readonly statements: readonly Statement[]; restore(): void; done?(): void };

export type Commit = {
  /**
   * Writes the statements in one unit with all that waits, and resolves with the results of the statements once that is
   * durable. Rejects as `Store.unit`; then nothing was written, and what waited waits on.
   */
  write(statements: readonly Statement[]): Promise<UnitResult>;
  /** Resolves with the last unit: whoever has nothing to add waits for it. */
  last(): Promise<void>;
};

/** One unit for what belongs together: events, their ids on both sides, the archive, and what is owed to XMPP. */
export function openCommit(store: Pick<Store, 'unit'>, sources: readonly (() => Cut)[]): Commit {
  let last: Promise<void> = Promise.resolve();
  return {
    write(statements) {
      const cuts = sources.map((cut) => cut());
      const all = [...statements, ...cuts.flatMap((cut) => cut.statements)];
      if (all.length === 0) return last.then(() => []);
      const written = store.unit(all).then(
        (results) => {
          for (const cut of cuts) cut.done?.();
          return results.slice(0, statements.length);
        },
        (error: unknown) => {
          for (const cut of cuts) cut.restore();
          throw error;
        },
      );
      last = written.then(
        () => undefined,
        () => undefined,
      );
      return written;
    },
    last: () => last,
  };
}
