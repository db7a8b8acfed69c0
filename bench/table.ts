import { type Results, summary } from './results.ts';
import type { Figures } from './scenario.ts';

type Named = { readonly name: string; readonly title: string };
type Row = Named & { readonly durable?: boolean };
type Column = Named & { readonly absent?: string | undefined; readonly journals?: boolean };

/** The results as a Markdown table: a row for each scenario, a column for each target. `absent` says why one has none. */
export function table(results: Results, rows: readonly Row[], columns: readonly Column[]): string {
  const head = ['scenario', ...columns.map(({ title }) => title)];
  const lines = rows.map((row) => [row.title, ...columns.map((column) => entry(results, row, column))]);
  return [head, head.map(() => '---'), ...lines].map((words) => `| ${words.join(' | ')} |`).join('\n');
}

function entry({ cells }: Results, { name, durable }: Row, target: Column): string {
  if (durable && !target.journals) return 'does not journal';
  return target.absent ?? cell(summary(cells, name, target.name));
}

function cell(figures: Figures | undefined): string {
  if (figures === undefined) return 'failed';
  const { cpu, rate, ms, busy, rss, irc50, irc99, xmpp50, xmpp99, alone99, beside99, tries } = figures;
  if (cpu !== undefined && rate !== undefined) return `${cpu.toFixed(2)} s, ${thousands(rate)}/s`;
  if (irc50 !== undefined && irc99 !== undefined && xmpp50 !== undefined && xmpp99 !== undefined)
    return `to IRC ${irc50.toFixed(1)}/${irc99.toFixed(1)}, to XMPP ${xmpp50.toFixed(1)}/${xmpp99.toFixed(1)}`;
  if (alone99 !== undefined && beside99 !== undefined && tries !== undefined && rss !== undefined)
    return `${alone99.toFixed(1)}, ${beside99.toFixed(1)} with ${tries} tries, ${rss.toFixed(0)} MB`;
  if (ms !== undefined && busy !== undefined) return `${ms.toFixed(0)}, CPU ${busy.toFixed(0)}`;
  return (ms ?? rss ?? Number.NaN).toFixed(0);
}

/** Three digits are all that means something. */
const thousands = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');
