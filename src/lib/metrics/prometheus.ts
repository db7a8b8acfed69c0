import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { COUNTERS, GAUGES } from './metric-names.ts';
import type { Cells } from './metrics.ts';

/** The values in Prometheus' text format, together with those of the process, some of which begin now. */
export function openExposition(cells: Cells): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'isthmus_' });
  const registers = [registry];
  for (const [name, { help, labels }] of Object.entries(COUNTERS)) {
    const counter = new Counter({
      name,
      help,
      labelNames: labels,
      registers,
      collect() {
        counter.reset();
        for (const cell of cells.get(name)?.values() ?? []) counter.inc(cell.labels, cell.value);
      },
    });
  }
  for (const [name, { help, labels }] of Object.entries(GAUGES)) {
    const gauge = new Gauge({
      name,
      help,
      labelNames: labels,
      registers,
      collect() {
        for (const cell of cells.get(name)?.values() ?? []) gauge.set(cell.labels, cell.value);
      },
    });
  }
  return registry;
}
