import type { CoreParts } from '#src/core/core.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';

/** Counts what the core reports. */
export const reportTo =
  (metrics: Metrics): NonNullable<CoreParts['report']> =>
  (what, transport, name = '') => {
    if (what === 'parked') metrics.count('isthmus_parked_total');
    else if (what === 'lost') metrics.count('isthmus_lost_total', { transport });
    else if (what === 'budget') metrics.count('isthmus_budget_alarms_total', { transport });
    else if (what === 'alarm') metrics.count('isthmus_alarms_total', { transport, name });
    else metrics.count('isthmus_queue_actions_total', { transport, action: what });
  };
