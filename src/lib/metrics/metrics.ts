import { COUNTERS, GAUGES } from './metric-names.ts';

export type CounterName = keyof typeof COUNTERS;
export type GaugeName = keyof typeof GAUGES;

/** Exactly the labels that the table declares for a metric. */
export type LabelsOf<N extends CounterName | GaugeName> = Readonly<
  Record<(typeof COUNTERS & typeof GAUGES)[N]['labels'][number], string>
>;

/** A metric without labels takes none. */
type LabelArguments<N extends CounterName | GaugeName> = keyof LabelsOf<N> extends never ? [] : [labels: LabelsOf<N>];

/** What parts of the gateway count with. */
export type Metrics = {
  /** What Prometheus reads, and in which format that is. */
  readonly registry: { metrics(): Promise<string>; readonly contentType: string };
  /** Adds one. */
  count<N extends CounterName>(name: N, ...labels: LabelArguments<N>): void;
  /** The same for hot paths: the labels are looked up once, and the returned function adds `by` (1 if left out). */
  counter<N extends CounterName>(name: N, ...labels: LabelArguments<N>): (by?: number) => void;
  gauge<N extends GaugeName>(name: N, value: number, ...labels: LabelArguments<N>): void;
};

/** One value of a metric. */
export type Cell = { readonly labels: Readonly<Record<string, string>>; value: number };
/** All values by the names of their metrics. */
export type Cells = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

/**
 * Metrics of one gateway. They are numbers until somebody reads them: the library that knows Prometheus' format, and how
 * the process itself does, is loaded then.
 */
export function openMetrics(): Metrics {
  const names = [...Object.keys(COUNTERS), ...Object.keys(GAUGES)];
  const cells = new Map(names.map((name) => [name, new Map<string, Cell>()]));
  const cell = (name: CounterName | GaugeName, labels: Readonly<Record<string, string>> = {}): Cell => {
    const key = JSON.stringify(labels);
    const known = cells.get(name)?.get(key);
    if (known) return known;
    const made = { labels, value: 0 };
    cells.get(name)?.set(key, made);
    return made;
  };
  for (const [name, { labels }] of Object.entries(COUNTERS)) if (labels.length === 0) cell(name as CounterName);
  let exposition: Promise<{ metrics(): Promise<string> }> | undefined;
  return {
    registry: {
      async metrics() {
        exposition ??= import('./prometheus.ts').then(({ openExposition }) => openExposition(cells));
        return (await exposition).metrics();
      },
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
    },
    count(name, ...[labels]) {
      cell(name, labels).value++;
    },
    counter(name, ...[labels]) {
      const counted = cell(name, labels);
      return (by = 1) => {
        counted.value += by;
      };
    },
    gauge(name, value, ...[labels]) {
      cell(name, labels).value = value;
    },
  };
}
