import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A row by the names of its columns. Numbers that are too large for one lose their last digits. */
export type DatabaseRow = Readonly<Record<string, unknown>>;

/** A database that is only read: a file of SQLite, or one of PostgreSQL. */
export type ForeignDatabase = AsyncDisposable & {
  /** The names of its tables, in lower case. */
  tables(): Promise<ReadonlySet<string>>;
  /** How many rows a table has. */
  count(table: string): Promise<number>;
  /** All rows of a table in an order. */
  rows(table: string, order: string): AsyncIterable<DatabaseRow>;
};

/** Rows of PostgreSQL that are fetched at a time. */
const FETCHED = 1000;

/** Opens `postgres://...`, or the file of that name. Rejects with an `Error` for the operator. */
export const openDatabase = (from: string): Promise<ForeignDatabase> =>
  /^postgres(?:ql)?:\/\//.test(from) ? openPostgres(from) : Promise.resolve(openSqlite(from));

function openSqlite(file: string): ForeignDatabase {
  // SQLite would make it.
  if (!existsSync(file)) throw new Error('there is no such file');
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  const numbered = (row: DatabaseRow): DatabaseRow =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
    );
  return {
    async tables() {
      const found = db.prepare("select name from sqlite_master where type = 'table'").all();
      return new Set(found.map(({ name }) => String(name).toLowerCase()));
    },
    count: async (table) => Number(db.prepare(`select count(*) as n from ${table}`).get()?.n),
    async *rows(table, order) {
      const all = db.prepare(`select * from ${table} order by ${order}`);
      all.setReadBigInts(true);
      for (const row of all.iterate()) yield numbered(row);
    },
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}

async function openPostgres(url: string): Promise<ForeignDatabase> {
  // Its client takes memory, and most never need it.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin transaction isolation level repeatable read read only');
  return {
    async tables() {
      const { rows } = await client.query(
        'select tablename from pg_tables where schemaname = any (current_schemas(false))',
      );
      return new Set(rows.map(({ tablename }) => String(tablename).toLowerCase()));
    },
    count: async (table) => Number((await client.query(`select count(*) as n from ${table}`)).rows[0]?.n),
    async *rows(table, order) {
      await client.query(`declare reading no scroll cursor for select * from ${table} order by ${order}`);
      for (;;) {
        const { rows } = await client.query(`fetch ${FETCHED} from reading`);
        if (rows.length === 0) break;
        yield* rows;
      }
      await client.query('close reading');
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
