import { digestOf } from '#mappings/digest.ts';
import type { Delivered } from '#src/bridge.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { XmppSide } from '#src/core/index.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, domainOf, type EventId } from '#src/model/ids.ts';
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
  readonly languages: Pick<Languages, 'of'>;
  readonly digests: Pick<Digests, 'holds' | 'joins' | 'told'>;
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

  /** What has waited for its reader is told as one. Those that were tried together are, again. */
  function writeAll(rows: readonly OwedRow[]): boolean {
    const [row] = rows;
    if (!row || rows.length === 1) return row === undefined || write(row.owed);
    const tried = rows.findIndex(({ life }) => life.attempts !== row.life.attempts);
    if (tried > 0) return writeAll(rows.slice(0, tried)) && writeAll(rows.slice(tried));
    const inward = rows.flatMap(({ owed }) => (owed.way === 'in' ? [owed] : []));
    const events = inward.map(({ event }) => event);
    return digestOf(events, parts.languages.of(row.account as AccountKey)).every(({ event, of }) => {
      const { to = [], marks } = inward.find((one) => one.event.id === event.id) ?? {};
      parts.digests.told(row.account as AccountKey, of);
      return xmpp.deliver(event, to, of.length === 1 ? marks : undefined);
    });
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

  /** Of what is told as one there is one at a time: so it is the same again after a kill. */
  const digestFacts = { ...facts, window: 1 } as const;
  const farFacts = { ...facts, confirms: 'delivered', returns: parts.returns } as const;

  return {
    // Whom another server has to reach may not be reached: then it comes back, long after ours has read it.
    facts(row) {
      if (farDomain(row) !== undefined) return farFacts;
      return parts.digests.joins(row) ? digestFacts : facts;
    },
    free(row) {
      const domain = farDomain(row);
      if (parts.digests.holds(row, 0)) return 0;
      return isUp(row) && !(domain !== undefined && far.isDown(domain)) ? WINDOW : 0;
    },
    ready(row) {
      const domain = farDomain(row);
      return isUp(row) && (domain === undefined || far.may(domain, row.event));
    },
    holds: (row) => parts.digests.holds(row, row.lane.rows.length),
    carry(row, heard, more) {
      const domain = placeTransport(placeOf(row.owed));
      const unproven = domains.get(domain) ?? { written: [], running: false };
      domains.set(domain, unproven);
      const all = [row, ...more];
      if (!writeAll(all)) throw new Failure(row.life.attempts < REFUSALS ? 'queue-full' : 'too-large');
      const distant = farDomain(row);
      if (distant !== undefined) far.tried(distant, row.event, domain);
      for (const { event } of all) unproven.written.push({ id: event, epoch: xmpp.epoch(domain) });
      if (unproven.running) return;
      unproven.running = true;
      // What else is written in this turn of the loop has its proof from the same ping.
      const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => prove(domain, unproven, heard));
      proving.add(work);
      void work.then(() => proving.delete(work));
    },
    reconcile: async () => 'not-sent',
    withdraw: () => false,
    // What another server sends back is about one.
    joins: (row) => farDomain(row) === undefined && parts.digests.joins(row),
    domainOf: farDomain,
    async proven() {
      while (proving.size > 0) await Promise.all([...proving]);
    },
  };
}
