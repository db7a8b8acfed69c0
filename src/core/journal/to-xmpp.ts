import type { Delivered, Outcome } from '#src/bridge.ts';
import type { XmppSide } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { domainOf, type EventId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Carrier } from './carrier.ts';
import type { FarServers } from './far-servers.ts';
import { type FreshRow, failureOf, type Owed, placeOf } from './owed.ts';
import type { Item } from './rows.ts';

export type ToXmppParts = {
  readonly xmpp: XmppSide;
  readonly log: Log;
  /** Milliseconds: how long something is tried, and the wait before the next try. */
  readonly expiry: number;
  wait(attempts: number): number;
  settle(id: EventId, outcome: Outcome): void;
  report(item: Item): void;
  readonly far: FarServers;
  /** How long a message to a user of another server may come back, in ms. */
  readonly returns: number;
  /** Somebody far away will not get an event. */
  lost(event: Event, failure: Failure): void;
};

/** Rows that are written before their proof. */
const WINDOW = 1000;
/** How often the writer may refuse: what is too large is so for ever. */
const REFUSALS = 5;
const READ: Delivered = { ids: [], state: 'taken' };

type Unproven = { written: { readonly id: EventId; readonly epoch: number | undefined }[]; running: boolean };

/**
 * Towards XMPP. XEP-0114 has no acknowledgements: a ping behind a burst proves that the server has read it, and what a
 * link that dropped may have lost is written again, under the same ids.
 */
export function openToXmpp({ xmpp, log, far, ...parts }: ToXmppParts): Carrier & {
  /** The domain of somebody behind another server to whom an item goes. */
  domainOf(item: Item): string | undefined;
  /** Whether what is new may go at once. */
  open(row: FreshRow): boolean;
  /** Resolves when nothing waits for its proof. */
  proven(): Promise<void>;
} {
  const proving = new Set<Promise<void>>();
  const domains = new Map<string, Unproven>();

  function write(owed: Owed): boolean {
    switch (owed.way) {
      case 'in': {
        const asks = farDomain({ owed }) === undefined ? owed.marks : { ...owed.marks, confirm: true };
        return xmpp.deliver(owed.event, owed.to, asks);
      }
      case 'receipt':
        return xmpp.receipt(owed.origin);
      case 'error':
        return xmpp.refuse(owed.origin, failureOf(owed.failure));
      default:
        return false;
    }
  }

  async function prove(domain: string, unproven: Unproven): Promise<void> {
    while (unproven.written.length > 0) {
      const burst = unproven.written;
      unproven.written = [];
      const read = await xmpp.barrier(domain).then(
        () => true,
        (err: unknown) => {
          log.debug({ err, transport: domain }, 'a burst was not proven');
          return false;
        },
      );
      const epoch = xmpp.epoch(domain);
      for (const one of burst)
        parts.settle(one.id, read && one.epoch === epoch ? READ : new Failure('recipient-unavailable'));
    }
    unproven.running = false;
  }

  /** The domain of somebody far away to whom a row goes, alone. */
  function farDomain({ owed }: Pick<Item, 'owed'>): string | undefined {
    if (owed.way !== 'in' || owed.to.length !== 1) return undefined;
    const { place } = owed.event;
    const domain = domainOf(owed.to[0]?.jid ?? '');
    return (place.kind === 'contact' || place.kind === 'realm') && far.isFar(domain) ? domain : undefined;
  }

  function written(item: Item): void {
    const domain = farDomain(item);
    if (domain !== undefined) far.tried(domain, item.row.event, placeTransport(placeOf(item.owed)));
  }

  return {
    facts: (item) => ({
      // Whom another server has to reach may not be reached: then it comes back, long after ours has read it.
      ...(farDomain(item) === undefined ? { confirms: 'taken' } : { confirms: 'delivered', returns: parts.returns }),
      handedOver: true,
      charged: false,
      // The same stanza twice under the same id is what a server and its clients can bear.
      repeatable: true,
      expiry: parts.expiry,
      tell: Number.POSITIVE_INFINITY,
      window: WINDOW,
      wait: parts.wait,
    }),
    ready(item) {
      if (xmpp.epoch(placeTransport(placeOf(item.owed))) === undefined) return false;
      const domain = farDomain(item);
      return domain === undefined || far.may(domain, item.row.event);
    },
    carry(item) {
      const domain = placeTransport(placeOf(item.owed));
      const unproven = domains.get(domain) ?? { written: [], running: false };
      domains.set(domain, unproven);
      if (!write(item.owed)) throw new Failure(item.life.attempts < REFUSALS ? 'queue-full' : 'too-large');
      written(item);
      unproven.written.push({ id: item.row.event, epoch: xmpp.epoch(domain) });
      if (unproven.running) return;
      unproven.running = true;
      // What else is written in this turn of the loop has its proof from the same ping.
      const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => prove(domain, unproven));
      proving.add(work);
      void work.then(() => proving.delete(work));
    },
    reconcile: async () => 'not-sent',
    withdraw: () => false,
    landed: () => undefined,
    refused: () => undefined,
    answers: (item, effect) => {
      if (effect.do === 'bounce') {
        log.warn({ code: effect.failure.code, way: item.owed.way }, 'XMPP did not take an event');
        if (item.owed.way === 'in' && farDomain(item) !== undefined) parts.lost(item.owed.event, effect.failure);
      }
      if (effect.do === 'report') parts.report(item);
      return [];
    },
    writes: () => [],
    ended: () => undefined,
    domainOf: farDomain,
    open({ owed }) {
      const domain = farDomain({ owed });
      return xmpp.epoch(placeTransport(placeOf(owed))) !== undefined && !(domain !== undefined && far.isDown(domain));
    },
    async proven() {
      while (proving.size > 0) await Promise.all([...proving]);
    },
  };
}
