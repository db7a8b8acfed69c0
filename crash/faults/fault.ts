import type { Postgres } from '../../test/real/postgres.ts';
import type { Laboratory, LaboratoryOptions } from '../laboratory.ts';

/** Something that befalls a gateway. The books are closed after it. */
export type Fault = {
  readonly summary: string;
  /** The store on which it happens; SQLite if left out. */
  readonly store?: 'sqlite' | 'postgres';
  readonly setting?: Pick<LaboratoryOptions, 'expiry'>;
  /** Starts the gateway and does it. What else must hold is told to the ledger. Resolves with figures. */
  run(lab: Laboratory, machine: { readonly postgres?: Postgres }): Promise<object>;
};

/** A gateway whose users are there, under load. */
export async function underLoad(lab: Laboratory): Promise<void> {
  await lab.start();
  await lab.load.register();
  await lab.until('the lines of the users', lab.load.online);
  lab.load.begin();
}
