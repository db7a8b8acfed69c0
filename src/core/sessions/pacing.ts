import type { Clock } from '#src/lib/time/clock.ts';

/** An attempt to connect that waits until it may be made. */
export type PacedAttempt = {
  /** Milliseconds that it still has to wait as things are. */
  readonly left: number;
  /** The network wants to be left alone: nobody knows how often it will say so again. */
  readonly throttled: boolean;
  cancel(): void;
};

export type PacedWish = {
  /** Milliseconds that lie between two attempts. */
  readonly gap: number;
  /** Somebody waits for it: it comes before those for which nobody does. */
  readonly asked: boolean;
  /** It was made before, and sent away: it comes first among its kind. */
  readonly again: boolean;
  /** It may be made now. */
  go(): void;
  /** It has to wait so long (ms), or longer than it was said before; `throttled`, because the network wants to be left alone. */
  waits(ms: number, throttled: boolean): void;
};

type Waiting = PacedWish & { told: number };

/** Those who want to connect to one network, in order. */
type Queue = {
  readonly asked: Waiting[];
  readonly others: Waiting[];
  /** When the next may go, in ms since 1970. */
  next: number;
  /** How often in a row the network wanted to be left alone, and when it said so last, in ms since 1970. */
  throttles: number;
  throttled: number;
  stop: () => void;
};

/** Networks that are remembered: beyond them, those whose time is over are forgotten. */
const MOST = 1000;
/** The longest that a network is left alone, in milliseconds. */
const LONGEST = 3_600_000;

const nothing = (): void => undefined;

/**
 * Attempts to connect to one network follow each other at a distance, for networks keep out an address from which many
 * come at once: first those that somebody waits for, each group in its order.
 */
export function openPacing(clock: Clock) {
  const queues = new Map<string, Queue>();

  function queueOf(name: string): Queue {
    const known = queues.get(name);
    if (known) return known;
    if (queues.size >= MOST) for (const [each, queue] of queues) if (isOver(queue, clock.now())) queues.delete(each);
    const queue: Queue = { asked: [], others: [], next: 0, throttles: 0, throttled: 0, stop: nothing };
    queues.set(name, queue);
    return queue;
  }

  function run(queue: Queue): void {
    queue.stop();
    queue.stop = nothing;
    while (queue.next <= clock.now()) {
      const first = queue.asked.shift() ?? queue.others.shift();
      if (!first) return;
      queue.next = clock.now() + first.gap;
      first.go();
    }
    if (queue.asked.length + queue.others.length > 0)
      queue.stop = clock.after(queue.next - clock.now(), () => run(queue));
  }

  function left(queue: Queue, one: Waiting): number {
    const place = queue.asked.indexOf(one);
    const ahead = place >= 0 ? place : queue.asked.length + queue.others.indexOf(one);
    return Math.max(0, queue.next - clock.now()) + ahead * one.gap;
  }

  /** Whoever waits is told how long, and again where that has become twice as long. */
  function tell(queue: Queue, one: Waiting): void {
    const ms = left(queue, one);
    if (ms < 2 * one.told || ms === 0) return;
    one.told = ms;
    one.waits(ms, queue.throttles > 0);
  }

  return {
    /** Makes an attempt when it may be made, at once where nobody was before. */
    take(name: string, wish: PacedWish): PacedAttempt {
      const queue = queueOf(name);
      const one: Waiting = { ...wish, told: 0 };
      const row = one.asked ? queue.asked : queue.others;
      if (one.again) row.unshift(one);
      else row.push(one);
      run(queue);
      if (row.includes(one)) tell(queue, one);
      return {
        get left() {
          return row.includes(one) ? left(queue, one) : 0;
        },
        get throttled() {
          return queue.throttles > 0;
        },
        cancel() {
          const index = row.indexOf(one);
          if (index >= 0) row.splice(index, 1);
        },
      };
    },
    /**
     * The network has said to an attempt that was made `at` (ms since 1970) that it wants to be left alone for so long (ms):
     * twice as long each time that it has to say so again.
     */
    throttled(name: string, ms: number, at: number): void {
      const queue = queueOf(name);
      // Attempts that were under way at the same time have heard the same.
      if (queue.throttles > 0 && at <= queue.throttled) return;
      const now = clock.now();
      queue.next = Math.max(queue.next, now + Math.min(ms * 2 ** Math.min(queue.throttles, 20), LONGEST));
      queue.throttles++;
      queue.throttled = now;
      run(queue);
      for (const one of queue.asked) tell(queue, one);
    },
    /** The network lets people in. */
    admitted(name: string): void {
      const queue = queues.get(name);
      if (queue) queue.throttles = 0;
    },
  };
}

const isOver = ({ asked, others, next }: Queue, now: number): boolean =>
  asked.length + others.length === 0 && next <= now;
