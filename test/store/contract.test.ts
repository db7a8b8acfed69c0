import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#src/store/index.ts';
import { type Ground, ground, storeCases, storeContract } from '../contract/store.ts';
import { clinging, hasty, lawless, optimistic, piecemeal, unguarded } from '../contract/wrong-stores.ts';
import { type Postgres, startPostgres } from '../real/postgres.ts';
import { describeReal } from '../real/servers.ts';

async function onSqlite(): Promise<Ground> {
  const dir = mkdtempSync(join(tmpdir(), 'isthmus-store-'));
  return ground(`sqlite:${join(dir, 'data/isthmus.db')}`, async () => rmSync(dir, { recursive: true }));
}

storeContract('SQLite', onSqlite);

describeReal('a real PostgreSQL', ['postgresql'], () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  storeContract('PostgreSQL', async () => ground(await postgres.database()));
});

describe('the contract', () => {
  const faults: [string, (store: Store) => Store, string][] = [
    ['hasty', hasty, 'lets a reader see what has resolved'],
    ['hasty', hasty, 'has everything that it acknowledged before a kill'],
    ['unguarded', unguarded, 'undoes a whole unit when a guard does not hold'],
    ['unguarded', unguarded, 'never overspends a budget'],
    ['unguarded', unguarded, 'gives what bridges claim to the first, and changes only what was found'],
    ['piecemeal', piecemeal, 'undoes a whole unit when a guard does not hold'],
    ['clinging', clinging, 'keeps the units of one group apart'],
    ['optimistic', optimistic, 'never overspends a budget'],
    ['optimistic', optimistic, 'shows an account what it was there to see'],
    ['lawless', lawless, 'keeps what is owed until it has one outcome, and is then without its text'],
    ['lawless', lawless, 'gives what is owed to its newest owner, lane by lane'],
  ];
  it.each(faults)('finds out that a store is %s', async (name, fault, which) => {
    await using right = await onSqlite();
    const wrong = { ...right, open: async () => fault(await right.open()), load: [...right.load, name] };
    await expect(storeCases[which]?.(wrong)).rejects.toHaveProperty('name', 'AssertionError');
  });
});
