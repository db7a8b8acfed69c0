import { type Results, summary } from './results.ts';

type Named = { readonly name: string; readonly title: string };

const COLORS = ['#2b6cb0', '#c05621', '#a0aec0'];
const [LEFT, BAR, GAP, WIDTH] = [290, 14, 16, 860];

/** CPU seconds for 100,000 messages as bars, one group for each scenario that has them. SVG. */
export function chart(results: Results, rows: readonly Named[], columns: readonly Named[]): string {
  const groups = rows.flatMap(({ name, title }) => {
    const values = columns.map((target) => summary(results.cells, name, target.name)?.cpu);
    return values.some((value) => value !== undefined) ? [{ title, values }] : [];
  });
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)), 1e-9);
  const height = BAR * columns.length + GAP;
  const parts = groups.flatMap(({ title, values }, group) => [
    text(LEFT - 8, 58 + group * height + (BAR * columns.length) / 2, title, 'end'),
    ...values.flatMap((value, index) => bar(value, { y: 46 + group * height + index * BAR, index, most })),
  ]);
  const legend = columns.flatMap(({ title }, index) => [
    `<rect x='${LEFT + index * 180}' y='22' width='12' height='12' fill='${COLORS[index]}'/>`,
    text(LEFT + 18 + index * 180, 32, title),
  ]);
  return [
    `<svg xmlns='http://www.w3.org/2000/svg' width='${WIDTH}' height='${60 + groups.length * height}' font-family='sans-serif' font-size='12'>`,
    '<title>CPU seconds for 100,000 messages</title>',
    "<rect width='100%' height='100%' fill='white'/>",
    text(LEFT, 14, 'CPU seconds for 100,000 messages (less is better)'),
    ...legend,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function bar(value: number | undefined, { y, index, most }: { y: number; index: number; most: number }): string[] {
  if (value === undefined) return [];
  const length = Math.max((value / most) * (WIDTH - LEFT - 60), 1);
  return [
    `<rect x='${LEFT}' y='${y}' width='${length.toFixed(1)}' height='${BAR - 2}' fill='${COLORS[index]}'/>`,
    text(LEFT + length + 5, y + BAR - 4, value.toFixed(1)),
  ];
}

const text = (x: number, y: number, words: string, anchor = 'start'): string =>
  `<text x='${x.toFixed(1)}' y='${y.toFixed(1)}' text-anchor='${anchor}'>${words}</text>`;
