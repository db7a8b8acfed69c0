import pg from 'pg';
import type { Log } from '#src/lib/log.ts';
import { type Engine, postgresDialect } from '#src/store/engine.ts';
import { type Migration, migrations, missingSteps, versionTable } from '#src/store/migrations.ts';
import { inGroups } from '#src/store/rows/groups.ts';
import { failureOf, StoreRefused, StoreUnavailable, type Unit, type UnitResult } from '#src/store/unit.ts';
import { ANSWER_LIMIT, ask, CONNECT_LIMIT, noteOf, types } from './connection.ts';
import { runGroup } from './units.ts';

/** Connections that read. One writes, so that units happen in the order of the calls, as on SQLite. */
const READERS = 4;
/** Our advisory lock: 'isth' in ASCII. One process works on a database. */
const LOCK = 0x69737468;

/**
 * Opens the database, takes its lock and brings its schema up to date. The connection that writes holds the lock, so
 * nobody writes without it. A connection that breaks is made anew by the next unit. Rejects with StoreRefused when the
 * database is in use or newer than this program, and with StoreUnavailable when the server cannot be reached.
 */
export async function openPostgres(url: string, log: Log): Promise<Engine> {
  const writer = openWriter(url, log);
  await writer.connected();
  const readers = new pg.Pool({
    ...connection(url),
    max: READERS,
    options: '-c default_transaction_read_only=on',
  });
  readers.on('error', (err) => log.warn({ err: err.message }, 'a connection to the database broke'));
  const writing = inGroups<Unit, UnitResult>(writer.run);
  let open = true;
  const closed = () => Promise.reject(new StoreUnavailable('it is closed'));
  return {
    write: (unit) => (open ? writing.add(unit) : closed()),
    async read(query) {
      if (!open) return closed();
      await writer.decided();
      const { rows } = await ask(readers, query).catch((error) => {
        throw failureOf(noteOf(error, 0));
      });
      return rows;
    },
    // PostgreSQL has no secure_delete: what is deleted is gone for everybody who asks it, its files are the operator's.
    scrub: () => writing.idle(),
    // Its pages are the business of the server, which looks at them itself (data checksums, amcheck).
    check: async () => [],
    copy: () => Promise.reject(new StoreRefused(`PostgreSQL makes its own copies: ${dumpCommand(url)}`)),
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await writing.idle();
      await readers.end();
      await writer.close();
    },
  };
}

/** What an operator types for a copy of that database. The password stays where it is. */
export const dumpCommand = (url: string): string => `pg_dump --format=custom --file=FILE '${withoutPassword(url)}'`;
export const loadCommand = (url: string): string =>
  `pg_restore --clean --if-exists --single-transaction --dbname='${withoutPassword(url)}' FILE`;

function withoutPassword(url: string): string {
  const bare = new URL(url);
  bare.password = '';
  return bare.href;
}

const connection = (url: string): pg.ClientConfig => ({
  connectionString: url,
  connectionTimeoutMillis: CONNECT_LIMIT,
  query_timeout: ANSWER_LIMIT,
  keepAlive: true,
  application_name: 'isthmus',
  types,
});

type Writer = {
  connected(): Promise<pg.Client>;
  /**
   * Resolves once it is certain what has become of a commit that was not answered: when its session, which may still be at work, is
   * over, and the lock is ours again. Rejects with StoreUnavailable as long as it is not.
   */
  decided(): Promise<void>;
  run(units: readonly Unit[]): Promise<readonly (UnitResult | Error)[]>;
  close(): Promise<void>;
};

function openWriter(url: string, log: Log): Writer {
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let undecided = false;
  const begin = async () => {
    const fresh = await connect(url);
    undecided = false;
    fresh.on('error', (err) => log.warn({ err: err.message }, 'the connection to the database broke'));
    fresh.once('end', () => {
      if (client === fresh) client = undefined;
    });
    client = fresh;
    return fresh;
  };
  /** Two at a time would keep each other from the lock. */
  const connected = async () => {
    if (client) return client;
    connecting ??= begin().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const writable = () =>
    connected().catch((error) => {
      throw error instanceof StoreRefused ? new StoreUnavailable(error.message) : error;
    });
  /** After a transaction that failed: goes on with this connection where it still answers, else without. */
  const recover = async (used: pg.Client, inDoubt: boolean) => {
    const answers = await used.query('rollback').then(
      () => true,
      () => false,
    );
    undecided ||= inDoubt && !answers;
    if (answers || client !== used) return;
    client = undefined;
    // Not awaited: a server that is gone does not say goodbye.
    used.end().catch((err) => log.debug({ err }, 'a broken connection could not be ended'));
  };
  return {
    connected,
    async decided() {
      if (undecided) await writable();
    },
    async run(units) {
      const used = await writable();
      const outcomes = await runGroup(used, units);
      const lost = outcomes.flatMap((each) =>
        'failure' in each && each.failure.kind === 'unavailable' ? each.failure : [],
      );
      if (lost.length > 0)
        await recover(
          used,
          lost.some(({ certain }) => !certain),
        );
      return outcomes.map((each) => ('results' in each ? each.results : failureOf(each.failure)));
    },
    async close() {
      await client?.end();
    },
  };
}

/** A connection that may write: it has the lock, and the schema is ours. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ ...connection(url), pipeline: true });
  // Heard again by those who get the client; before that the rejected promise tells.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('set synchronous_commit = on');
    const { rows } = await client.query('select pg_try_advisory_lock($1) as mine', [LOCK]);
    if (rows[0]?.mine !== true) {
      throw new StoreRefused('the database is in use by another process: it holds our advisory lock');
    }
    await migratePostgres(client, migrations);
    return client;
  } catch (error) {
    await client.end();
    if (error instanceof StoreRefused) throw error;
    throw new StoreUnavailable(error instanceof Error ? error.message : String(error));
  }
}

/** Brings the schema up to the newest version, each step in a transaction of its own. See `migrateSqlite`. */
export async function migratePostgres(client: pg.ClientBase, steps: readonly Migration[]): Promise<void> {
  await client.query(versionTable);
  const { rows } = await client.query('select max(version) as version from schema_version');
  for (const step of missingSteps(Number(rows[0]?.version ?? 0), steps, postgresDialect)) {
    await client.query('begin');
    try {
      for (const statement of step) await client.query(statement);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  }
}
