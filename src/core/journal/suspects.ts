import type { Clock } from '#src/lib/clock.ts';
import { isSuspect, type LifeInput } from './life.ts';
import type { Item, Lane } from './rows.ts';

export type SuspectsParts = {
  readonly clock: Pick<Clock, 'after'>;
  /** What is in memory: a lane can be put aside while it waits. */
  readonly lanes: ReadonlyMap<string, Lane>;
  apply(item: Item, input: LifeInput): void;
  pump(lane: Lane): void;
};

/** What may have ended the process is tried alone, so that the next end shows which one it was. */
export type Suspects = {
  /** Whether it may be tried now. If not, its lane is pumped when it may. */
  may(item: Item): boolean;
  /** A step of an item was made, and is being written. */
  stepped(item: Item): void;
  stop(): void;
};

/** Ms for which the others wait for one of which nothing is heard: what ends a process does so at once. */
const ALONE = 60_000;

/** A gate for one suspect at a time in all lanes. What is none goes beside it. */
export function openSuspects({ clock, lanes, apply, pump }: SuspectsParts): Suspects {
  const waiting = new Set<Lane>();
  let alone: Item | undefined;
  let cancel: (() => void) | undefined;

  const isAlone = ({ life }: Item): boolean => life.state === 'flight' && isSuspect(life);

  /** Only when the store knows the end of one try may it hear of the next: it never holds two that are alone. */
  function leave(item: Item): void {
    cancel?.();
    cancel = undefined;
    void item.written.then(() => {
      alone = undefined;
      for (const lane of waiting) {
        if (alone) return;
        waiting.delete(lane);
        if (lanes.get(lane.key) === lane) pump(lane);
      }
    });
  }

  return {
    may(item) {
      if (!alone || alone === item || !isSuspect(item.life)) return true;
      waiting.add(item.lane);
      return false;
    },
    stepped(item) {
      if (!alone && isAlone(item)) {
        alone = item;
        cancel = clock.after(ALONE, () => apply(item, { on: 'cleared' }));
      } else if (alone === item && cancel && !isAlone(item)) leave(item);
    },
    stop: () => cancel?.(),
  };
}
