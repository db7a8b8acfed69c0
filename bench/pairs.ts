import { median } from './measure.ts';
import type { Cell } from './results.ts';
import type { Figures } from './scenario.ts';

/** How one figure of the first target compares with that of the second, over the rounds in which both were played. */
export type Comparison = {
  readonly figure: string;
  readonly first: number;
  readonly second: number;
  /** The median of the paired ratios: above 1 the first target is slower or larger. */
  readonly ratio: number;
  /** An interval that holds the true median with a probability of `confidence`. */
  readonly interval: readonly [low: number, high: number];
  readonly confidence: number;
  readonly pairs: number;
  /** More than 5 % worse, and not by chance. */
  readonly worse: boolean;
};

const CONFIDENCE = 0.95;
const TOLERATED = 1.05;
/** Of these, more is better. */
const GAINS: ReadonlySet<string> = new Set(['rate']);
/** How busy the load's own process was is nothing of the target's. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['load']);

/** Compares two targets in a scenario, figure by figure. */
export function compare(
  cells: readonly Cell[],
  scenario: string,
  [first, second]: readonly [string, string],
): Comparison[] {
  const rounds = cells.filter((cell) => cell.scenario === scenario && cell.target === first);
  const pairs = rounds.flatMap((mine): [Figures, Figures][] => {
    const other = cells.find(
      ({ round, target, ...cell }) => cell.scenario === scenario && target === second && round === mine.round,
    );
    return 'figures' in mine && other && 'figures' in other ? [[mine.figures, other.figures]] : [];
  });
  const figures = Object.keys(pairs[0]?.[0] ?? {}).filter((figure) => !NOT_COMPARED.has(figure));
  return figures.map((figure) => {
    const values = pairs.map(([a, b]) => [a[figure] ?? Number.NaN, b[figure] ?? Number.NaN] as const);
    const ratios = values.map(([a, b]) => (GAINS.has(figure) ? b / a : a / b)).sort((a, b) => a - b);
    const ratio = median(ratios);
    const { interval, confidence } = intervalOf(ratios);
    return {
      figure,
      first: median(values.map(([a]) => a)),
      second: median(values.map(([, b]) => b)),
      ratio,
      interval,
      confidence,
      pairs: pairs.length,
      worse: ratio > TOLERATED && interval[0] > 1,
    };
  });
}

/**
 * The interval of the sign test around the median of sorted values: the narrowest with a confidence of 95 %, or all of them
 * where there are too few for that.
 */
export function intervalOf(sorted: readonly number[]): Pick<Comparison, 'interval' | 'confidence'> {
  const count = sorted.length;
  let cut = 0;
  let beyond = 2 * 0.5 ** count;
  for (let ways = count; ; cut++) {
    // The probability that as many values as `cut + 1` lie on the wrong side, on either end.
    const more = beyond + 2 * ways * 0.5 ** count;
    if (more > 1 - CONFIDENCE || 2 * (cut + 1) >= count) break;
    beyond = more;
    ways = (ways * (count - cut - 1)) / (cut + 2);
  }
  const [low = Number.NaN, high = Number.NaN] = [sorted[cut], sorted[count - 1 - cut]];
  return { interval: [low, high], confidence: Math.max(0, 1 - beyond) };
}

type Named = { readonly name: string; readonly title: string };

/** The comparison as a Markdown table: a row for each figure of each scenario. */
export function pairsTable(rows: readonly Named[], columns: readonly [Named, Named], of: (row: Named) => Comparison[]) {
  const head = ['scenario', 'figure', ...columns.map(({ title }) => title), 'ratio', 'interval', ''];
  const lines = rows.flatMap((row) =>
    of(row).map((one, index) => [
      index === 0 ? row.title : '',
      one.figure,
      short(one.first),
      short(one.second),
      one.ratio.toFixed(3),
      `${one.interval.map((end) => end.toFixed(3)).join(' to ')} (${Math.round(one.confidence * 100)} %, ${one.pairs})`,
      one.worse ? '**worse**' : '',
    ]),
  );
  return [head, head.map(() => '---'), ...lines].map((words) => `| ${words.join(' | ')} |`).join('\n');
}

/** Three digits are all that means something. */
const short = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');
