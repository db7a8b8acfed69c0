import type { TransportConfig } from '#src/config.ts';
import { openAccounts } from '#src/core/accounts/accounts.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { ImportedRecord, ImportSource } from '#src/model/imported.ts';
import type { SealKey, Store } from '#src/store/index.ts';
import { importedArchive } from './archive.ts';
import { importedSettings } from './settings.ts';

export type ImportParts = {
  readonly store: Store;
  readonly key: SealKey;
  readonly transport: TransportConfig;
  /** Who is let in, and whom others can ask. */
  readonly access: { readonly register: readonly string[]; readonly admins: readonly string[] };
  /** Nothing is stored. */
  readonly dry: boolean;
  /** Hears how many rows were read. */
  readonly progress: (done: number, total: number) => void;
};

/** How many came, and how many of them were there already. */
export type ImportCount = { came: number; known: number };

/** What became of an import. `left` has why something was not brought over, `idle` why it is of no use yet, each with how often. */
export type ImportSummary = {
  readonly accounts: ReadonlySet<AccountKey>;
  readonly settings: ImportCount;
  readonly contacts: ImportCount;
  readonly messages: ImportCount;
  readonly left: ReadonlyMap<string, number>;
  readonly idle: ReadonlyMap<string, number>;
};

/** Rows between two words on how far it is. */
const TOLD = 500;

/** Brings over what another gateway has kept. What is there already stays as it is: a second time changes nothing. */
export async function importAll(source: ImportSource, parts: ImportParts): Promise<ImportSummary> {
  const { store, transport, dry, progress } = parts;
  const clock = systemClock;
  const { permitted } = openAccounts({ access: parts.access, store, clock, log: openLog('silent') });
  const summary = {
    accounts: new Set<AccountKey>(),
    settings: { came: 0, known: 0 },
    contacts: { came: 0, known: 0 },
    messages: { came: 0, known: 0 },
    left: new Map<string, number>(),
    idle: new Map<string, number>(),
  };
  const tell = (of: 'left' | 'idle', why: string): void => void summary[of].set(why, (summary[of].get(why) ?? 0) + 1);
  const leave = (why: string): void => tell('left', why);
  const count = (of: ImportCount, known: boolean): void => {
    of.came++;
    if (known) of.known++;
  };
  const settings = importedSettings(parts);
  const archive = importedArchive(parts, (known) => count(summary.messages, known));

  /** Their account, made by the first that is brought over. */
  async function accountOf(user: BareJid): Promise<AccountKey> {
    const account = accountKey(user, transport.domain);
    if (!summary.accounts.has(account) && !dry) await store.unit([store.accounts.used(account, clock.now())]);
    summary.accounts.add(account);
    return account;
  }

  async function bring(record: ImportedRecord): Promise<void> {
    if ('why' in record) return tell(record.kind, record.why);
    if (!permitted(record.user)) return leave(`rows of ${record.user}, who is not on access.register`);
    const account = await accountOf(record.user);
    switch (record.kind) {
      case 'settings': {
        const { stored, known, unfit } = await settings(record, account);
        for (const name of [...stored, ...known]) count(summary.settings, known.includes(name));
        for (const name of unfit) leave(`values of ${name} that may not be set here`);
        return;
      }
      case 'contact': {
        const known = (await store.contacts.get(account, record.id)) !== undefined;
        count(summary.contacts, known);
        if (known || dry) return;
        const flags = { from: true, to: true, pendingIn: false, pendingOut: false, owed: [] };
        return void (await store.unit([store.contacts.put({ account, id: record.id, name: null, ...flags })]));
      }
      case 'message':
        return archive.add(record, account);
    }
  }

  let done = 0;
  for await (const records of source.rows()) {
    for (const record of records) await bring(record);
    if (++done % TOLD === 0) progress(done, source.total);
  }
  await archive.end();
  progress(source.total, source.total);
  return summary;
}
