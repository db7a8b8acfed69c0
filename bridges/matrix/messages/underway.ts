import { type RoomEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { MARK } from './marks.ts';

/** An event of ours as a transaction of its name and a number. */
const eventOf = (transaction: string): string => transaction.slice(0, transaction.lastIndexOf('.'));

/**
 * What is on its way into rooms. A homeserver may tell of it, and of what was said to it, before its answer is here: that
 * has the same id, and what comes behind it waits until our side knows it by that.
 */
export function openUnderway() {
  const answers = new Map<string, (id: string) => void>();
  const going = new Map<string, PromiseWithResolvers<void>>();

  /** What became of an event is kept. */
  function over(event: string): void {
    going.get(event)?.resolve();
    going.delete(event);
  }

  return {
    over,
    /**
     * Resolves with the id of what `work` sends as that transaction: as it is answered, or as the homeserver tells of it before.
     * By its signal it tries no more then.
     */
    async sent(transaction: string, work: (signal: AbortSignal) => Promise<string>): Promise<string> {
      const told = Promise.withResolvers<string>();
      const known = new AbortController();
      over(eventOf(transaction));
      going.set(eventOf(transaction), Promise.withResolvers());
      answers.set(transaction, told.resolve);
      try {
        return await Promise.race([work(known.signal), told.promise]);
      } finally {
        answers.delete(transaction);
        known.abort();
      }
    },
    /** The homeserver tells of one of ours. Resolves once that is known by its id, or the next of its parts is under way. */
    async seen({ id, content, transaction }: RoomEvent): Promise<void> {
      const ours = textOf(content[MARK]) ?? transaction;
      if (ours === undefined) return;
      answers.get(ours)?.(id);
      await going.get(eventOf(ours))?.promise;
    },
  };
}

export type Underway = ReturnType<typeof openUnderway>;
