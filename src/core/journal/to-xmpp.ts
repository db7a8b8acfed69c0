import type { Delivered } from '#src/bridge.ts';
import type { XmppSide } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import { domainOf, type EventId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { DeliveryAgent, Hearing } from './agent.ts';
import type { FarServers } from './far-servers.ts';
import { failureOf, type Owed, type OwedRow, placeOf } from './rows.ts';

export type ToXmppParts = {
  readonly xmpp: XmppSide;
  readonly log: Log;
  /** Milliseconds: how long something is tried, and the wait before the next try. */
  readonly expiry: number;
  wait(attempts: number): number;
  readonly far: FarServers;
  /** How long a message to a user of another server may come back, in ms. */
  readonly returns: number;
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
export function openToXmpp({ xmpp, log, far, ...parts }: ToXmppParts): DeliveryAgent & {
  /** The domain of somebody behind another server to whom a row goes. */
  domainOf(row: Pick<OwedRow, 'owed'>): string | undefined;
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

  async function prove(domain: string, unproven: Unproven, { settle }: Hearing): Promise<void> {
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
        void settle(one.id, read && one.epoch === epoch ? READ : new Failure('recipient-unavailable'));
    }
    unproven.running = false;
  }

  /** The domain of somebody far away to whom a row goes, alone. */
  function farDomain({ owed }: Pick<OwedRow, 'owed'>): string | undefined {
    if (owed.way !== 'in' || owed.to.length !== 1) return undefined;
    const { place } = owed.event;
    const domain = domainOf(owed.to[0]?.jid ?? '');
    return (place.kind === 'contact' || place.kind === 'realm') && far.isFar(domain) ? domain : undefined;
  }

  const isUp = ({ owed }: { readonly owed: Owed }): boolean => xmpp.epoch(placeTransport(placeOf(owed))) !== undefined;

  const facts = {
    confirms: 'taken',
    handedOver: true,
    charged: false,
    // The same stanza twice under the same id is what a server and its clients can bear.
    repeatable: true,
    expiry: parts.expiry,
    tell: Number.POSITIVE_INFINITY,
    window: WINDOW,
    wait: parts.wait,
  } as const;

  const farFacts = { ...facts, confirms: 'delivered', returns: parts.returns } as const;

  return {
    // Whom another server has to reach may not be reached: then it comes back, long after ours has read it.
    facts: (row) => (farDomain(row) === undefined ? facts : farFacts),
    free(row) {
      const domain = farDomain(row);
      return isUp(row) && !(domain !== undefined && far.isDown(domain)) ? WINDOW : 0;
    },
    ready(row) {
      const domain = farDomain(row);
      return isUp(row) && (domain === undefined || far.may(domain, row.event));
    },
    carry(row, heard) {
      const domain = placeTransport(placeOf(row.owed));
      const unproven = domains.get(domain) ?? { written: [], running: false };
      domains.set(domain, unproven);
      if (!write(row.owed)) throw new Failure(row.life.attempts < REFUSALS ? 'queue-full' : 'too-large');
      const distant = farDomain(row);
      if (distant !== undefined) far.tried(distant, row.event, domain);
      unproven.written.push({ id: row.event, epoch: xmpp.epoch(domain) });
      if (unproven.running) return;
      unproven.running = true;
      // What else is written in this turn of the loop has its proof from the same ping.
      const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => prove(domain, unproven, heard));
      proving.add(work);
      void work.then(() => proving.delete(work));
    },
    reconcile: async () => 'not-sent',
    ...{ withdraw: () => false, joins: () => false },
    domainOf: farDomain,
    async proven() {
      while (proving.size > 0) await Promise.all([...proving]);
    },
  };
}
