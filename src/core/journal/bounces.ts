import type { Bounce } from '#src/core/index.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { Settling } from '#src/core/way/settle.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import { type AccountKey, type BareJid, domainOf, splitAccount, type XmppId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Journaled, Store } from '#src/store/index.ts';
import type { FarServers } from './far-servers.ts';
import { inwardId } from './rows.ts';

export type BouncesParts = {
  readonly store: Pick<Store, 'journal'>;
  readonly settling: Pick<Settling, 'settle'>;
  readonly far: FarServers;
  readonly digests: Pick<Digests, 'standsFor'>;
  /** Tells the network of a message of its own that was not delivered. */
  lost(lost: Lost): unknown;
};

/** A message that has not arrived, and why. */
type Lost = { readonly place: Place; readonly id: string; readonly why: FailureCode };

export type LossNotesParts = {
  now(): number;
  send(draft: Draft, account: AccountKey): void;
  mapping(transport: string): NetworkMapping;
};

/** Where a network is told by a message, it is told once in so many ms for each conversation. */
const ONCE_IN = 3_600_000;

/** Tells the sender on a network that a message was lost, as its table has it: as what it is, in words, or not at all. */
export function openLossNotes({ now, send, mapping }: LossNotesParts): (lost: Lost) => void {
  const told = openRecent<number>(RECENT);
  const lost = openRecent<true>(RECENT);
  return ({ place, id, why }) => {
    if (place.kind !== 'contact' || lost.get(id)) return;
    lost.set(id, true);
    const { account } = place;
    const { user, transport } = splitAccount(account);
    if (mapping(transport).facts.losses !== 'each') {
      const at = told.get(placeKey(place));
      if (at !== undefined && now() - at < ONCE_IN) return;
      told.set(placeKey(place), now());
    }
    try {
      send(
        { kind: 'receipt', state: 'failed', target: id as XmppId, why, place, from: { kind: 'xmpp', bare: user } },
        account,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  };
}

/** Bounces that are remembered, so that each is told once. */
const RECENT = 1000;

const FAILURES: Readonly<Record<Bounce, () => Failure>> = {
  unreachable: () => new Failure('remote-server-timeout'),
  again: () => new Failure('recipient-unavailable'),
  final: () => new Failure('service-unavailable'),
};

/**
 * What becomes of a message that the XMPP server has read: an error comes back for its id, or a client says that it has
 * arrived. Errors are never answered (RFC 6120 §8.3.1).
 */
export function openBounces({ store, settling, far, digests, lost }: BouncesParts) {
  const told = openRecent<true>(RECENT);

  /** What was sent to the user under that id and was journaled. */
  async function rowOf(user: BareJid, id: string): Promise<(Journaled & { origin: string }) | undefined> {
    const row = await store.journal.byEvent(inwardId(id));
    if (!row?.origin || row.account === '' || splitAccount(row.account as AccountKey).user !== user) return undefined;
    return { ...row, origin: row.origin };
  }

  const isOpen = ({ state }: Journaled): boolean => state === 'flight' || state === 'taken';

  return {
    async bounced(user: BareJid, id: XmppId, why: Bounce): Promise<void> {
      const domain = domainOf(user);
      far.heard(domain, inwardId(id), why);
      const row = await rowOf(user, id);
      if (!row) return;
      // What has ended comes back no more, but for what never depended on another server: its end was the barrier.
      if (far.isFar(domain)) {
        if (!isOpen(row)) return;
        if (why === 'unreachable') far.failed(domain, row.event);
        return void (await settling.settle(row.event, FAILURES[why]()));
      }
      if (told.get(row.event)) return;
      told.set(row.event, true);
      const failure = FAILURES.final();
      void settling.settle(row.event, failure);
      const { place } = JSON.parse(row.origin) as { place: Place };
      const others = place.kind === 'contact' ? await digests.standsFor(place.account, id) : [];
      for (const one of [...others, id]) lost({ place, id: one, why: failure.code });
    },
    async confirmed(user: BareJid, id: XmppId): Promise<void> {
      const domain = domainOf(user);
      if (!far.isFar(domain)) return;
      far.heard(domain, inwardId(id), 'receipt');
      const row = await rowOf(user, id);
      if (!row || !isOpen(row)) return;
      far.arrived(domain);
      await settling.settle(row.event, { ids: [], state: 'delivered' });
    },
  };
}
export type Bounces = ReturnType<typeof openBounces>;
