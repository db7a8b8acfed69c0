import type { Settling } from '#src/core/way/settle.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type BareJid, splitAccount, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { inwardId } from './rows.ts';

export type BouncesParts = {
  readonly store: Pick<Store, 'journal'>;
  readonly settling: Pick<Settling, 'settle'>;
  /** Tells the network of a message of its own that was not delivered. */
  tell(draft: Draft, account: AccountKey): void;
};

/** Bounces that are remembered, so that each is told once. */
const RECENT = 1000;

/**
 * The XMPP server could not deliver a message: an error came back for its id. Errors are never answered (RFC 6120
 * §8.3.1); the network is told where it knows receipts.
 */
export function openBounces({ store, settling, tell }: BouncesParts) {
  const told = openRecent<true>(RECENT);
  return async (user: BareJid, id: string): Promise<void> => {
    const row = await store.journal.byEvent(inwardId(id));
    if (!row?.origin || told.get(row.event) || row.account === '') return;
    if (splitAccount(row.account as AccountKey).user !== user) return;
    told.set(row.event, true);
    void settling.settle(row.event, new Failure('service-unavailable'));
    const { place } = JSON.parse(row.origin) as { place: Place };
    if (place.kind !== 'contact') return;
    const from = { kind: 'xmpp', bare: user } as const;
    tell({ kind: 'receipt', state: 'failed', target: id as XmppId, place, from }, row.account as AccountKey);
  };
}
