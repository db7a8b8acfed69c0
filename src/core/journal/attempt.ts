import type { Outcome } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Carrier } from './carrier.ts';
import type { LifeFacts, LifeInput } from './life.ts';
import type { Item, Lane } from './rows.ts';

export type HandParts = {
  readonly log: Log;
  carrier(item: Item): Carrier;
  stopped(): boolean;
  factsOf(item: Item): LifeFacts;
  apply(item: Item, input: LifeInput): void;
  record(item: Item, id: EventId, outcome: Outcome): void;
  pump(lane: Lane): void;
};

/** Hands one item over, or finds out what became of it. */
export type Hand = {
  begin(item: Item): void;
  /** Hands it over now. Resolves, where it is no matter of now, when that is done or has failed. Never rejects. */
  carry(item: Item): void | Promise<void>;
  reconcile(item: Item, failure: Failure): void;
};

export function openHand({ log, carrier, factsOf, apply, record, pump, ...parts }: HandParts): Hand {
  function begin(item: Item): void {
    const { lane } = item;
    if (item.life.state === 'ready') {
      apply(item, { on: 'begin' });
      item.busy = true;
      // Counted before it is made: a row that ends the process is known by its attempts.
      return follow(lane, item.written, item);
    }
    if (lane.begun) return follow(lane, lane.begun, item);
    const work = carry(item);
    if (work) follow(lane, work);
  }

  /** Hands an item over after something, and after all that has begun before it. */
  function follow(lane: Lane, after: Promise<void>, item?: Item): void {
    const turn = Promise.all([lane.begun, after]).then(() => item && carry(item));
    lane.begun = turn;
    void turn.then(() => {
      if (lane.begun === turn) lane.begun = undefined;
    });
  }

  function carry(item: Item): void | Promise<void> {
    if (parts.stopped() || item.life.state !== 'flight') return;
    const side = carrier(item);
    const fail = (error: unknown): void => record(item, item.row.event, asFailure(error));
    if (!side.ready(item)) return fail(new Failure('recipient-unavailable'));
    if (item.kept) item.pending.clear();
    item.ids = [];
    try {
      return side.carry(item)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  function reconcile(item: Item, failure: Failure): void {
    carrier(item)
      .reconcile(item)
      .then(
        (as) => {
          item.doubt = undefined;
          apply(item, { on: 'reconciled', as, failure });
        },
        (error: unknown) => {
          const facts = factsOf(item);
          // Others need not wait for its network.
          apply(item, { on: 'cleared' });
          item.life = { ...item.life, notBefore: facts.now + facts.wait(item.life.attempts, asFailure(error)) };
        },
      )
      .catch((err: unknown) => log.error({ err }, 'a doubt could not be settled'))
      .finally(() => {
        item.busy = false;
        pump(item.lane);
      });
  }

  function asFailure(error: unknown): Failure {
    if (error instanceof Failure) return error;
    log.error({ err: error }, 'what is owed could not be handed over');
    return new Failure('internal', { cause: error });
  }

  return { begin, carry, reconcile };
}
