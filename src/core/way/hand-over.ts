import type { Bridge, Outcome, Session, SessionKey } from '#src/bridge.ts';
import type { Ids } from '#src/core/ids.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import { failureFrom } from '#src/core/store-away.ts';
import type { Log } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';

export type HandingParts = {
  readonly ids: Pick<Ids, 'depart'>;
  readonly log: Log;
  transport(domain: string): CoreTransport;
  session(key: SessionKey): Session | undefined;
  settle(id: EventId, outcome: Outcome): void;
};

/** How events that nothing durable is owed for are handed to their bridge. */
export type Handing = {
  /** Notes that an event without a stanza is on its way. */
  departing(event: Event): Event;
  /**
   * Joins, parts and presence: without a session there is nobody to tell, and its return brings them, unless the network
   * has none. Never throws.
   */
  occupant(key: SessionKey, event: Event): void;
  /** What the bridge refuses is settled. Never throws. */
  deliver(event: Event, session: Session): void;
  /** What is no failure is a bug: it is logged. */
  asFailure(error: unknown): Failure;
};

export function openHanding({ ids, log, transport, session, settle }: HandingParts): Handing {
  function asFailure(error: unknown): Failure {
    const known = failureFrom(error);
    if (known) return known;
    log.error({ err: error }, 'a bridge failed');
    return new Failure('internal', { cause: error });
  }

  function departing(event: Event): Event {
    ids.depart({ event, origin: undefined, lead: true, shared: { answered: false } });
    return event;
  }

  function deliver(event: Event, to?: Session): void {
    const done = (outcome: Awaited<ReturnType<Bridge['deliver']>>): void => settle(event.id, outcome);
    const fail = (error: unknown): void => settle(event.id, asFailure(error));
    try {
      const { bridge, accepted } = transport(placeTransport(event.place));
      accepted(event.kind);
      const delivered = bridge().deliver(event, to);
      if (delivered instanceof Promise) delivered.then(done, fail);
      else done(delivered);
    } catch (error) {
      fail(error);
    }
  }

  return {
    departing,
    deliver,
    asFailure,
    occupant(key, event) {
      const to = session(key);
      const { facts } = transport(placeTransport(event.place)).mapping;
      if (to || facts.delivery?.sessionless) deliver(departing(event), to);
    },
  };
}
