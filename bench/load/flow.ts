import { setTimeout as delay } from 'node:timers/promises';

/** Something was lost, came twice or came out of order: the run has failed. */
export class Violation extends Error {}

export type FlowOptions = {
  /** Conversations side by side, each with an order of its own. */
  readonly lanes: number;
  /** Places that every message must pass. */
  readonly checkpoints: number;
  /** Messages that are under way at most. */
  readonly window: number;
  /** Writes message `number` of a lane. Numbers begin at 0. */
  readonly send: (lane: number, number: number) => void;
  /** Writes out what `send` has queued. */
  readonly flush: () => void;
  /** Milliseconds without any progress after which what is missing counts as lost. */
  readonly patience?: number;
};

/** Numbered messages, sent round the lanes with a window, whose order is checked at every checkpoint. */
export type Flow = {
  /** A message has come to a checkpoint. What breaks the order is remembered, and rejects `settled`. */
  pass(checkpoint: number, lane: number, number: number): void;
  /** Something else went wrong, such as an error stanza. */
  fail(reason: string): void;
  /** Sends as many as the window allows, while the flow is open. */
  fill(): void;
  /** Sends one, whatever the window says. */
  one(): void;
  open(): void;
  close(): void;
  /** How many have passed all checkpoints. */
  readonly done: number;
  /** Resolves once all that was sent has passed everywhere. Rejects with a `Violation`. */
  settled(): Promise<void>;
};

const PATIENCE = 10_000;

/** A flow that is closed. */
export function openFlow(options: FlowOptions): Flow {
  const { lanes, checkpoints, window, send, flush, patience = PATIENCE } = options;
  const expected = Array.from({ length: checkpoints }, () => new Int32Array(lanes));
  const passed = new Int32Array(checkpoints);
  const next = new Int32Array(lanes);
  let sent = 0;
  let open = false;
  let violation: Violation | undefined;

  function fail(reason: string): void {
    violation ??= new Violation(reason);
    open = false;
  }

  /** The slowest checkpoint counts. */
  function done(): number {
    let least = sent;
    for (const count of passed) if (count < least) least = count;
    return least;
  }

  function queue(): void {
    const lane = sent++ % lanes;
    const number = next[lane] ?? 0;
    next[lane] = number + 1;
    send(lane, number);
  }

  return {
    fail,
    one() {
      queue();
      flush();
    },
    pass(checkpoint, lane, number) {
      const due = expected[checkpoint]?.[lane];
      if (due === undefined || number !== due || number >= (next[lane] ?? 0)) {
        return fail(`checkpoint ${checkpoint}, lane ${lane}: ${number} came where ${due} was due`);
      }
      (expected[checkpoint] as Int32Array)[lane] = due + 1;
      passed[checkpoint] = (passed[checkpoint] ?? 0) + 1;
    },
    fill() {
      if (!open) return;
      for (let free = window - (sent - done()); free > 0; free--) queue();
      flush();
    },
    open() {
      open = true;
    },
    close() {
      open = false;
    },
    get done() {
      return done();
    },
    async settled() {
      let last = -1;
      for (let since = performance.now(); done() < sent || violation; await delay(2)) {
        if (violation) throw violation;
        const count = passed.reduce((sum, one) => sum + one, 0);
        if (count !== last) since = performance.now();
        last = count;
        if (performance.now() - since > patience) throw new Violation(`${sent - done()} of ${sent} were lost`);
      }
    },
  };
}
