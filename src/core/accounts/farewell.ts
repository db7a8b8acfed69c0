import type { Bridge } from '#src/bridge.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { Logins } from './logins.ts';

export type FarewellParts = {
  readonly logins: Pick<Logins, 'all'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  bridge(transport: string): Bridge;
};

/** Milliseconds that a network may take to say good-bye to an account; it is removed here all the same. */
const PATIENCE = 10_000;

/** Has the bridge take leave of an account that unregisters, while what it logs in with is still there. Never rejects. */
export const openFarewell =
  ({ logins, clock, log, bridge }: FarewellParts) =>
  async (account: AccountKey): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(PATIENCE, late.resolve);
    try {
      const known = await logins.all(account);
      await Promise.race([bridge(splitAccount(account).transport).forget?.(account, known), late.promise]);
    } catch (err) {
      log.warn({ err }, 'a network could not be told that an account is gone');
    } finally {
      cancel();
    }
  };
