import { Failure } from '#src/model/failure.ts';

/** Who waits for something to be written hears here that the store has refused it, though it is tried again. */
export type Refusals<T extends object> = {
  refuse(item: T): void;
  accept(item: T): void;
  /** Resolves with `written`. Rejects with a `Failure` as soon as the item is refused, or where it is already. */
  unless(item: T, written: Promise<void>): Promise<void>;
};

export function openRefusals<T extends object>(): Refusals<T> {
  const refusals = new WeakMap<T, PromiseWithResolvers<never>>();
  const refused = new WeakSet<T>();

  function of(item: T): PromiseWithResolvers<never> {
    const known = refusals.get(item);
    if (known) return known;
    const made = Promise.withResolvers<never>();
    // Most of the time nobody waits.
    made.promise.catch(() => undefined);
    refusals.set(item, made);
    return made;
  }

  return {
    refuse(item) {
      refused.add(item);
      of(item).reject(new Failure('queue-full', { text: 'The gateway cannot keep this at the moment.' }));
    },
    accept(item) {
      // Whoever waits for what comes after this write must hear of that, too.
      if (refused.delete(item)) refusals.delete(item);
    },
    unless: (item, written) => Promise.race([of(item).promise, written]),
  };
}
