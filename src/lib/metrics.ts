import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** What only rises. The labels hold domains, kinds and conditions: never addresses, numbers or texts. */
const COUNTERS = {
  isthmus_bugs_total: { help: 'Errors that nobody caught', labels: [] },
  isthmus_stanzas_total: {
    help: 'Stanzas read from (in) and written to (out) the XMPP server',
    labels: ['transport', 'direction'],
  },
  isthmus_events_total: {
    help: 'Events towards the network (out) and towards XMPP (in)',
    labels: ['transport', 'direction', 'kind'],
  },
  isthmus_repeats_total: { help: 'Events that a network told again, not shown twice', labels: ['transport'] },
  isthmus_parked_total: { help: 'Messages that were given up after they had ended the process', labels: [] },
  isthmus_budget_alarms_total: { help: 'Budgets of which four fifths were spent', labels: ['transport'] },
  isthmus_hooks_total: { help: 'Requests to the routes of a transport, by answer', labels: ['transport', 'status'] },
  isthmus_links_lost_total: { help: 'Connections to the XMPP server that were lost', labels: ['transport'] },
} as const;

/** What rises and falls. */
const GAUGES = {
  isthmus_link_online: { help: '1 while the XMPP server has accepted the component', labels: ['transport'] },
  isthmus_store_damaged: { help: '1 if the check after a crash has found errors in the store', labels: [] },
} as const;

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
  readonly registry: Registry;
  /** Adds one. */
  count<N extends CounterName>(name: N, ...labels: LabelArguments<N>): void;
  /** The same for hot paths: the labels are looked up once, and the returned function adds `by` (1 if left out). */
  counter<N extends CounterName>(name: N, ...labels: LabelArguments<N>): (by?: number) => void;
  gauge<N extends GaugeName>(name: N, value: number, ...labels: LabelArguments<N>): void;
};

/** Metrics of one gateway, in a registry of its own, together with those of the process. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'isthmus_' });
  const registers = [registry];
  // What hot paths have counted since the last look: adding to a number costs a tenth of telling the library.
  const owed: (() => void)[] = [];
  const collect = () => {
    for (const pay of owed) pay();
  };
  const counters = mapTable(
    COUNTERS,
    (name, { help, labels }) => new Counter({ name, help, labelNames: labels, registers, collect }),
  );
  const gauges = mapTable(GAUGES, (name, { help, labels }) => new Gauge({ name, help, labelNames: labels, registers }));
  return {
    registry,
    count(name, ...[labels]) {
      counters[name].inc(labels ?? {});
    },
    counter(name, ...[labels]) {
      const child = counters[name].labels(labels ?? {});
      let counted = 0;
      owed.push(() => {
        child.inc(counted);
        counted = 0;
      });
      return (by = 1) => {
        counted += by;
      };
    },
    gauge(name, value, ...[labels]) {
      gauges[name].set(labels ?? {}, value);
    },
  };
}

type Entry = { readonly help: string; readonly labels: readonly string[] };

function mapTable<N extends string, T>(
  table: Readonly<Record<N, Entry>>,
  make: (name: N, entry: Entry) => T,
): Record<N, T> {
  const entries = Object.entries(table) as [N, Entry][];
  return Object.fromEntries(entries.map(([name, entry]) => [name, make(name, entry)])) as Record<N, T>;
}
