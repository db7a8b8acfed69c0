import type { DeliveryAgent } from './agent.ts';
import { isSuspect } from './life.ts';
import type { Held, OwedRow } from './rows.ts';

/** Messages wait for each other, everything else for what makes it void. */
export const isBurst = ({ draft }: Held): boolean => draft.kind === 'message';

/** Rows of a lane that go as one. */
export function openBursts(agent: (row: OwedRow) => Pick<DeliveryAgent, 'joins'>) {
  /** What was read back is known by what it says. What may have ended the process goes alone. */
  const joins = (row: OwedRow): boolean =>
    !isSuspect(row.life) && (row.held ? isBurst(row.held) : row.kept && agent(row).joins(row));
  return {
    /** What waited with a row to go as one with it. */
    behind(row: OwedRow): readonly OwedRow[] {
      if (!joins(row)) return [];
      const waiting = row.lane.rows.slice(row.lane.rows.indexOf(row) + 1);
      const end = waiting.findIndex((one) => one.busy || one.life.state !== 'ready' || !joins(one));
      return end < 0 ? waiting : waiting.slice(0, end);
    },
    /** What may have left as one with a row, which is asked about before that goes again: so it goes as one again. */
    doubted: (row: OwedRow, now: number): OwedRow | undefined =>
      row.kept && joins(row)
        ? row.lane.rows.find(({ doubt, busy, life }) => doubt && !busy && life.notBefore <= now)
        : undefined,
  };
}
