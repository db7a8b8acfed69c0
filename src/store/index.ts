import { resolve } from 'node:path';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Heart } from '#src/lib/time/stall.ts';
import type { Engine } from './engine.ts';
import { type AccountRows, accounts } from './rows/accounts/accounts.ts';
import { type ContactRows, contacts } from './rows/accounts/contacts.ts';
import { type CredentialRows, credentials } from './rows/accounts/credentials.ts';
import { type DormantRows, dormant } from './rows/accounts/dormant.ts';
import { type Purges, purges } from './rows/accounts/purges.ts';
import { type SessionRows, sessions } from './rows/accounts/sessions.ts';
import { type SettingsRows, settings } from './rows/accounts/settings.ts';
import { type AliasRows, aliases } from './rows/aliases.ts';
import { type ArchiveRows, archive, openArchiveIds } from './rows/archive/archive.ts';
import { type Links, links } from './rows/archive/links.ts';
import { type Visibility, visibility } from './rows/archive/visibility.ts';
import { bridgeState, type StateRows } from './rows/bridge-state.ts';
import { type Buckets, buckets } from './rows/buckets.ts';
import { type BudgetRows, budgets } from './rows/budgets.ts';
import { type Journal, journal, openRan } from './rows/journal/journal.ts';
import { type QueueRows, queue } from './rows/journal/queue.ts';
import { type Running, running } from './rows/journal/running.ts';
import { type SentRows, sent } from './rows/journal/sent.ts';
import { type MediaFiles, mediaFiles } from './rows/media.ts';
import { type Occupancies, occupancies } from './rows/occupancy.ts';
import { type ProfileRows, profiles } from './rows/profiles.ts';
import { type Rosters, rosters } from './rows/rosters.ts';
import { openSequence } from './rows/sequence.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import {
  checkParams,
  type Row,
  type Statement,
  type StoreQuery,
  StoreRefused,
  type Unit,
  type UnitResult,
} from './unit.ts';

export { type Batch, openBatch } from './batch.ts';
export { type Kept, keepFile, prepareFolder, removeFile } from './files.ts';
export { openIntegrity } from './integrity.ts';
export { type KeySource, openKey } from './key-file.ts';
export { keyOf, replaceKey } from './keys.ts';
export { openPruning } from './pruning.ts';
export { openPurging, type Purging, removal } from './purging.ts';
export { keysInUse, rekey } from './rekey.ts';
export { type Restored, restoreStore } from './restore.ts';
export type { Account } from './rows/accounts/accounts.ts';
export type { Contact, Refusing } from './rows/accounts/contacts.ts';
export type { CredentialFound, CredentialPlace } from './rows/accounts/credentials.ts';
export type { DormantAccount } from './rows/accounts/dormant.ts';
export type { Purge } from './rows/accounts/purges.ts';
export type { KeptSession } from './rows/accounts/sessions.ts';
export type { SettingsOf } from './rows/accounts/settings.ts';
export type { Archived, ArchivedPage, ArchivePageAsk } from './rows/archive/archive.ts';
export type { LinkedEvent, MessageIds } from './rows/archive/links.ts';
export type { Interval } from './rows/archive/visibility.ts';
export type { StateKept, StatePlace } from './rows/bridge-state.ts';
export type { Bucket } from './rows/buckets.ts';
export type { StoredBudget } from './rows/budgets.ts';
export type { Journaled, NewRow, RowEnd, RowStep } from './rows/journal/journal.ts';
export type { QueuedRow } from './rows/journal/queue.ts';
export type { SentPiece } from './rows/journal/sent.ts';
export type { MediaFile } from './rows/media.ts';
export type { Occupation } from './rows/occupancy.ts';
export type { KnownProfile } from './rows/profiles.ts';
export type { JournalOutcome, JournalState } from './schema.ts';
export { SealBroken, type SealKey, seal, unseal } from './seal.ts';
export {
  GuardFailed,
  type Result,
  type Row,
  type Statement,
  StatementFailed,
  type StoreQuery,
  StoreRefused,
  StoreUnavailable,
  type Unit,
  type UnitResult,
  type Value,
} from './unit.ts';

/**
 * What is kept over a restart. Nouns make statements for changes, which `unit` does, and answer questions themselves:
 * `await store.unit([store.accounts.put(account), ...store.links.add(link)])`.
 */
export type Store = AsyncDisposable & {
  /**
   * Does the statements whole or not at all, in the order of the calls, and resolves when that is durable.
   * Rejects with GuardFailed, StatementFailed or StoreUnavailable, and with a TypeError for a wrong parameter.
   */
  unit(statements: Unit): Promise<UnitResult>;
  /** The rows of a query. Sees every unit that has resolved. Rejects with StatementFailed or StoreUnavailable. */
  read<R = Row>(query: StoreQuery<R>): Promise<readonly R[]>;
  /**
   * Repeats a pruning statement, each time as a unit of its own so that others come in between, until it has changed
   * less than `least` rows, or `stopped` says so. Resolves with how many that were in all.
   */
  chunks(statement: Statement, least: number, stopped?: () => boolean): Promise<number>;
  /** Resolves when what was deleted before is no longer in the files (SQLite; see the engine for PostgreSQL). */
  scrub(): Promise<void>;
  /** What is wrong with the files, nothing where they are sound: quickly, or all that can be looked at. */
  check(full: boolean): Promise<readonly string[]>;
  /** Copies everything as it is at one moment to a new file. Rejects with StoreRefused where it cannot. */
  copy(to: string, progress: (done: number, total: number) => void): Promise<void>;
  readonly accounts: AccountRows;
  readonly aliases: AliasRows;
  readonly archive: ArchiveRows;
  readonly bridgeState: StateRows;
  readonly buckets: Buckets;
  readonly budgets: BudgetRows;
  readonly contacts: ContactRows;
  readonly dormant: DormantRows;
  readonly credentials: CredentialRows;
  readonly journal: Journal;
  readonly links: Links;
  readonly media: MediaFiles;
  readonly occupancy: Occupancies;
  readonly profiles: ProfileRows;
  readonly purges: Purges;
  readonly queue: QueueRows;
  readonly running: Running;
  readonly rosters: Rosters;
  readonly sent: SentRows;
  readonly sessions: SessionRows;
  readonly settings: SettingsRows;
  readonly visibility: Visibility;
};

export type StoreOptions = {
  readonly url: string;
  readonly log: Log;
  readonly clock: Clock;
  /** For a thread of the store to watch, where it has one. */
  readonly heart?: Heart | undefined;
};

/** Whether the store at that URL has a thread that can watch the main loop. */
export const hasThread = (url: string): boolean => !isPostgres(url);

const isPostgres = (url: string): boolean => /^postgres(?:ql)?:/.test(url);

/**
 * Opens the store at `sqlite:PATH` or `postgres://...`, makes it where it is new and brings its schema up to date.
 * Rejects with StoreRefused when it is in use by another process or newer than this program, and with
 * StoreUnavailable when a server cannot be reached.
 */
export async function openStore({ url, log, clock, heart }: StoreOptions): Promise<Store> {
  const engine = await openEngine(url, log, heart);
  try {
    return await storeOn(engine, clock);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

async function openEngine(url: string, log: Log, heart: Heart | undefined): Promise<Engine> {
  // Loaded where it is used: its client takes memory.
  if (isPostgres(url)) return (await import('./postgres/postgres.ts')).openPostgres(url, log);
  const [, file] = /^sqlite:(.+)$/.exec(url) ?? [];
  if (file === undefined) throw new StoreRefused('a store is sqlite:PATH or postgres://...');
  return openSqlite(resolve(file), log, heart);
}

/** The nouns on an engine. */
export async function storeOn(engine: Engine, clock: Clock): Promise<Store> {
  const unit = async (statements: Unit) => {
    for (const { params } of statements) checkParams(params);
    return engine.write(statements);
  };
  const read = async <R>(query: StoreQuery<R>) => {
    checkParams(query.params);
    return (await engine.read(query)) as readonly R[];
  };
  return {
    unit,
    read,
    async chunks(statement, least, stopped = () => false) {
      let total = 0;
      for (let changed = least; changed >= least && !stopped(); total += changed)
        changed = (await unit([statement]))[0]?.changed ?? 0;
      return total;
    },
    scrub: () => engine.scrub(),
    check: (full) => engine.check(full),
    copy: (to, progress) => engine.copy(to, progress),
    accounts: accounts(read),
    aliases: aliases(read),
    archive: archive(read, await openArchiveIds(read)),
    bridgeState: bridgeState(read, clock.now),
    buckets: buckets(),
    budgets: budgets(read),
    contacts: contacts(read),
    dormant: dormant(read),
    credentials: credentials(read),
    journal: journal(read, await openSequence(engine, 'journal'), await openRan(read)),
    links: links(read),
    media: mediaFiles(read),
    occupancy: occupancies(read),
    profiles: profiles(read),
    purges: purges(read),
    queue: queue(read),
    running: running(read),
    rosters: rosters(read),
    sent: sent(read),
    sessions: sessions(read),
    settings: settings(read),
    visibility: visibility(read),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
