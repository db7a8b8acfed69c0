import type { Delivered, Host } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Event, EventKind, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Underway } from './underway.ts';

/** What is done with events of each kind. Each rejects with a `Failure`. */
export type Senders = { readonly [K in EventKind]?: (event: EventOf<K>) => Promise<Delivered> };

export type SendersOptions = {
  readonly host: Pick<Host, 'settle' | 'log'>;
  readonly senders: Senders;
  readonly underway: Pick<Underway, 'over'>;
  /** Events that wait in this process. */
  readonly most: number;
  /** What has not begun by then is refused, for its reason where that is a `Failure`; what is under way then is in doubt. */
  readonly stop: AbortSignal;
  /** In whose name and where it is done: events of one lane go one after the other. Throws a `Failure`. */
  laneOf(event: Event): string;
  /** It could not be sent. */
  failed?(event: Event, failure: Failure): void;
};

export const TAKEN: Delivered = { ids: [], state: 'taken' };
const WRITTEN: Delivered = { ids: [], state: 'written' };

const inDoubt = ({ code, words, foreign, cause }: Failure): Failure =>
  new Failure(code, { certain: false, text: words, cause, ...(foreign !== undefined && { foreign }) });

/** The homeserver has it, under these ids. */
export const taken = (...ids: readonly string[]): Delivered => ({
  ids: ids.filter((id) => id !== '') as ForeignId[],
  state: 'taken',
});

/** The queue in front of the senders: what becomes of an event is told by `host.settle`. */
export function openSenders({ host, senders, underway, most, stop, laneOf, failed }: SendersOptions) {
  const serial = lanes((error) => host.log.error({ err: error }, 'an event was lost in its lane'));
  let waiting = 0;

  async function outcomeOf(event: Event): Promise<Delivered | Failure> {
    if (stop.aborted) return stop.reason instanceof Failure ? stop.reason : new Failure('stopping');
    try {
      return await (senders[event.kind] as (event: Event) => Promise<Delivered>)(event);
    } catch (error) {
      if (error instanceof Failure) failed?.(event, error);
      if (error instanceof Failure) return stop.aborted ? inDoubt(error) : error;
      host.log.error({ err: error, kind: event.kind }, 'an event could not be sent');
      return new Failure('internal', { cause: error });
    }
  }

  async function carry(event: Event): Promise<void> {
    try {
      await host.settle(event.id, await outcomeOf(event));
    } finally {
      underway.over(event.id);
      waiting -= 1;
    }
  }

  return {
    /** Hands an event over. Throws a `Failure` for what is refused at once. */
    deliver(event: Event): Delivered {
      if (!senders[event.kind]) throw new Failure('not-supported');
      if (waiting >= most) throw new Failure('queue-full');
      const lane = laneOf(event);
      waiting += 1;
      serial.run(lane, () => carry(event));
      return WRITTEN;
    },
    /** Resolves when nothing is under way. */
    idle: serial.idle,
  };
}
