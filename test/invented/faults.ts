import type { Request } from './pigeon/wire.ts';

/**
 * What goes wrong with a request. `refuse`: nothing is done. `lose`: one of those who were to get it does not. `delay`: it is said
 * to take its time, and waits for a release. `hang`: it is done and never answered. `repeat`: it is
 * answered twice. `hold`: it waits for a release. `break-before` and `break-after`: the line breaks, not done or done.
 */
export type RequestFault = 'delay' | 'refuse' | 'lose' | 'hang' | 'repeat' | 'hold' | 'break-before' | 'break-after';
/** What goes wrong with an event: it is told twice, after the one behind it, or when it is released. */
export type EventFault = 'repeat-event' | 'reorder-event' | 'hold-event';

type Fault = { readonly fault: RequestFault; readonly on: Request['do']; readonly code: string; times: number };

/** Faults that are due, each used up by what it befalls. */
export type Faults = {
  add(fault: RequestFault, on: Request['do'], options: { code?: string; times?: number }): void;
  addEvent(fault: EventFault): void;
  next(request: Request): { readonly fault: RequestFault; readonly code: string } | undefined;
  nextEvent(): EventFault | undefined;
  /** Keeps something until the release. */
  hold(work: () => void): void;
  /** How much is held. */
  readonly held: number;
  release(): void;
};

export function openFaults(): Faults {
  let faults: Fault[] = [];
  const events: EventFault[] = [];
  let held: (() => void)[] = [];
  return {
    add: (fault, on, { code = 'forbidden', times = 1 }) => void faults.push({ fault, on, code, times }),
    addEvent: (fault) => void events.push(fault),
    next(request) {
      const fault = faults.find(({ on }) => on === request.do);
      if (fault && --fault.times === 0) faults = faults.filter((other) => other !== fault);
      return fault;
    },
    nextEvent: () => events.shift(),
    hold: (work) => void held.push(work),
    get held() {
      return held.length;
    },
    release() {
      const ready = held;
      held = [];
      faults = faults.filter(({ fault }) => fault !== 'hold' && fault !== 'delay');
      for (const work of ready) work();
    },
  };
}
