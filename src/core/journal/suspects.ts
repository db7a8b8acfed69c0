import type { Clock } from '#src/lib/time/clock.ts';
import { isSuspect, type LifeInput } from './life.ts';
import type { Lane, OwedRow } from './rows.ts';

export type SuspectsParts = {
  readonly clock: Pick<Clock, 'after'>;
  /** What is in memory: a lane can be put aside while it waits. */
  readonly lanes: ReadonlyMap<string, Lane>;
  apply(row: OwedRow, input: LifeInput): void;
  pump(lane: Lane): void;
};

/** Ms for which the others wait for one of which nothing is heard: what ends a process does so at once. */
const ALONE = 60_000;

/**
 * A gate for one suspect at a time in all lanes: what may have ended the process is tried alone, so that the next end shows
 * which one it was. What is none goes beside it.
 */
export function openSuspects({ clock, lanes, apply, pump }: SuspectsParts) {
  const waiting = new Set<Lane>();
  let alone: OwedRow | undefined;
  let cancel: (() => void) | undefined;

  const isAlone = ({ life }: OwedRow): boolean => life.state === 'flight' && isSuspect(life);

  /** Only when the store knows the end of one try may it hear of the next: it never holds two that are alone. */
  function leave(row: OwedRow): void {
    cancel?.();
    cancel = undefined;
    void row.written.then(() => {
      alone = undefined;
      for (const lane of waiting) {
        if (alone) return;
        waiting.delete(lane);
        if (lanes.get(lane.key) === lane) pump(lane);
      }
    });
  }

  return {
    /** Whether it may be tried now. If not, its lane is pumped when it may. */
    may(row: OwedRow): boolean {
      if (!alone || alone === row || !isSuspect(row.life)) return true;
      waiting.add(row.lane);
      return false;
    },
    /** A step of a row was made, and is being written. */
    stepped(row: OwedRow): void {
      if (!alone && isAlone(row)) {
        alone = row;
        cancel = clock.after(ALONE, () => apply(row, { on: 'cleared' }));
      } else if (alone === row && cancel && !isAlone(row)) leave(row);
    },
    stop: (): void => cancel?.(),
  };
}
