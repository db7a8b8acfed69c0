import type { CoreParts } from '#src/core/parts.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Alarms } from './alarms.ts';

export type HostAlarmParts = {
  readonly alarms: Pick<Alarms, 'tell'>;
  readonly log: Log;
  now(): number;
  report?: CoreParts['report'];
};

/** How a bridge calls for those who run the gateway. */
export type HostAlarms = {
  /** Something is wrong: counted each time, and told once an hour. */
  alarm(transport: string, name: string, text: string): void;
  tellAdmins(transport: string, text: string): void;
};

/** Milliseconds in which the same alarm is told once. */
const QUIET = 3_600_000;
const REMEMBERED = 1000;

/** The alarms of bridges. What goes wrong goes wrong often: nobody is told of each time. */
export function openHostAlarms({ alarms, log, now, report }: HostAlarmParts): HostAlarms {
  const told = openRecent<number>(REMEMBERED);
  return {
    alarm(transport, name, text) {
      report?.('alarm', transport, name);
      const key = `${transport} ${name}`;
      const last = told.get(key);
      if (last !== undefined && now() - last < QUIET) return;
      told.set(key, now());
      log.error({ transport, alarm: name }, text);
      alarms.tell(transport, text);
    },
    tellAdmins: (transport, text) => alarms.tell(transport, text),
  };
}
