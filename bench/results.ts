import { cpus, totalmem } from 'node:os';
import { median } from './measure.ts';
import type { Figures } from './scenario.ts';

/** One scenario played against one target. */
export type Cell = { readonly scenario: string; readonly target: string; readonly round: number } & (
  | { readonly figures: Figures }
  /** Why there are none: loss, wrong order, a target that ended. */
  | { readonly failure: string }
);

/** What a run leaves behind. */
export type Results = {
  readonly date: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly node: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: {
    readonly rounds: number;
    readonly warm: number;
    readonly seconds: number;
    readonly caps: string;
  };
  readonly cells: readonly Cell[];
};

export const machine = (): Results['machine'] => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 1e9),
  node: process.version,
});

/** The median of each figure over the rounds; undefined where there is none or a round has failed. */
export function summary(cells: readonly Cell[], scenario: string, target: string): Figures | undefined {
  const mine = cells.filter((cell) => cell.scenario === scenario && cell.target === target);
  const figures = mine.flatMap((cell) => ('figures' in cell ? [cell.figures] : []));
  const [first] = figures;
  if (first === undefined || figures.length < mine.length) return undefined;
  return Object.fromEntries(
    Object.keys(first).map((key) => [key, median(figures.map((one) => one[key] ?? Number.NaN))]),
  );
}
