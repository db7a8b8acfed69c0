import type { QueueEntry, QueueTrace } from '#src/core/index.ts';

type States = Readonly<Partial<Record<string, number>>>;

/** A table for a terminal, and how much there is in all. */
export function renderList(entries: readonly QueueEntry[], states: States): string {
  const head = ['ID', 'WAY', 'TRANSPORT', 'PLACE', 'ADDRESS', 'USER', 'STATE', 'TRIES', 'AGE', 'NEXT', 'WHY'];
  const rows = entries.map((entry) => [
    String(entry.id),
    entry.direction,
    entry.transport,
    entry.place,
    clean(entry.address),
    clean(entry.user),
    entry.state,
    String(entry.attempts),
    span(entry.age),
    entry.nextTry === undefined ? '-' : entry.nextTry === 0 ? 'now' : span(entry.nextTry),
    clean(entry.why),
  ]);
  return `${entries.length === 0 ? '' : table([head, ...rows])}${totals(states)}\n`;
}

/** One row, and what was done for it. */
export function renderTrace({ entry, trace, body }: QueueTrace): string {
  const facts = [
    ['id', String(entry.id)],
    ['way', entry.direction === 'in' ? 'to XMPP' : 'to the network'],
    ['transport', entry.transport],
    ['place', `${entry.place} ${clean(entry.address)}`],
    ['user', clean(entry.user)],
    ['state', entry.outcome === null ? entry.state : `${entry.state} (${entry.outcome})`],
    ['attempts', String(entry.attempts)],
    ...(entry.nextTry === undefined ? [] : [['next try', entry.nextTry === 0 ? 'now' : `in ${span(entry.nextTry)}`]]),
    ...(entry.expires === undefined ? [] : [['given up', `in ${span(entry.expires)} of running`]]),
  ];
  const steps = trace.map(({ at, note }) => `  ${new Date(at).toISOString()}  ${clean(note)}\n`);
  return `${table(facts)}\n${steps.join('')}${body === undefined ? '' : `\n${clean(body)}\n`}`;
}

function totals(states: States): string {
  const named = Object.entries(states).filter(([state]) => state !== 'done');
  if (named.length === 0) return 'Nothing is owed.';
  return named.map(([state, count]) => `${count} ${state}`).join(', ');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, at) => Math.max(cell.length, all[at] ?? 0)), []);
  const lines = rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** What others have written is shown, and does nothing to a terminal. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `3d`, `2h`, `5m` or `10s`. */
function span(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['s', 1000];
  return `${Math.floor(ms / size)}${unit}`;
}
