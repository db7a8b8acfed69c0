import type { Charge } from '#src/bridge.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import { away } from '#src/core/store-away.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { GuardFailed, type Store } from '#src/store/index.ts';
import type { Budgets } from './budgets.ts';

/** Reserves what a bridge spends of itself, as `Host.charge` of the transport. */
export type Charging = (
  transport: string,
  charges: readonly Charge[],
  account?: AccountKey,
) => Promise<() => Promise<void>>;

export type ChargingParts = {
  readonly store: Pick<Store, 'unit'>;
  readonly budgets: Budgets;
  transport(domain: string): CoreTransport;
};

export function openCharging({ store, budgets, transport }: ChargingParts): Charging {
  return async (domain, charges, account) => {
    const { budgets: known = [] } = transport(domain);
    const { statements, kept } = budgets.reserve({ account, transport: domain, budgets: known }, charges);
    if (kept === null) return async () => undefined;
    try {
      await store.unit(statements);
    } catch (error) {
      if (error instanceof GuardFailed) throw new Failure('budget-exhausted');
      away(error);
    }
    void budgets.watch(domain, known, kept);
    return async () => void (await store.unit(budgets.release(kept)).catch(away));
  };
}
