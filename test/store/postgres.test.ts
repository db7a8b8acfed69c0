import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '#src/store/index.ts';
import { migrations } from '#src/store/migrations.ts';
import { numbered } from '#src/store/postgres/connection.ts';
import { migratePostgres } from '#src/store/postgres/postgres.ts';
import type { Unit } from '#src/store/unit.ts';
import { ground } from '../contract/store.ts';
import { asked, type Postgres, startPostgres } from '../real/postgres.ts';
import { describeReal } from '../real/servers.ts';

const mark = (text: string): Unit => [{ sql: 'insert into aliases values (?, ?, ?)', params: ['t', text, text] }];
const marked = async (store: Store, text: string): Promise<boolean> =>
  (await store.aliases.address('t', text)) !== undefined;

describeReal('a PostgreSQL store', ['postgresql'], () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('acknowledges nothing while the server is away, and heals when it is back', async () => {
    await using store = await ground(await postgres.database()).open();
    await store.unit(mark('before'));
    await postgres.stop();
    for (const text of ['a', 'b']) {
      await expect(store.unit(mark(text))).rejects.toHaveProperty('name', 'StoreUnavailable');
    }
    await expect(marked(store, 'before')).rejects.toHaveProperty('name', 'StoreUnavailable');
    await postgres.start();
    await store.unit(mark('after'));
    const marks = await Promise.all(['before', 'a', 'b', 'after'].map((text) => marked(store, text)));
    expect(marks).toEqual([true, false, false, true]);
  });

  it('goes on after the server has ended its connection', async () => {
    const url = await postgres.database();
    await using store = await ground(url).open();
    await store.unit(mark('a'));
    const ends =
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";
    expect(await asked(url, ends)).toHaveLength(1);
    await expect.poll(() => store.unit(mark('b')).catch((error) => error.name)).not.toBe('StoreUnavailable');
    expect([await marked(store, 'a'), await marked(store, 'b')]).toEqual([true, true]);
  });

  it('tells nothing of a commit that is not answered until it is certain', async () => {
    const url = await postgres.database();
    await using store = await ground(`${url}${url.includes('?') ? '&' : '?'}query_timeout=3000`).open();
    await store.unit(mark('before'));
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    // A commit that takes long: it waits for a lock that somebody else has.
    await other.query(`
      select pg_advisory_lock(42);
      create function wait() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(42); return null; end $$;
      create constraint trigger waits after insert on aliases deferrable initially deferred
        for each row execute function wait()`);
    await expect(store.unit(mark('slow'))).rejects.toMatchObject({ name: 'StoreUnavailable', certain: false });
    await expect(marked(store, 'slow')).rejects.toHaveProperty('name', 'StoreUnavailable');
    await other.query('select pg_advisory_unlock(42)');
    await expect.poll(() => marked(store, 'slow').catch(() => 'unknown')).not.toBe('unknown');
    expect([await marked(store, 'slow'), await marked(store, 'before')]).toEqual([true, true]);
    await other.end();
    await store.unit(mark('after'));
  });

  it('refuses a database of a newer program', async () => {
    const url = await postgres.database();
    await (await ground(url).open())[Symbol.asyncDispose]();
    await asked(url, 'update schema_version set version = 1000');
    await expect(ground(url).open()).rejects.toThrow('the store has schema 1000, this program knows');
  });

  it('is left at the old schema by a migration that broke off', async () => {
    const url = await postgres.database();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const broken = () => ['create table halfway (a bigint)', 'select pg_terminate_backend(pg_backend_pid())'];
    client.on('error', () => undefined);
    await expect(migratePostgres(client, [...migrations, broken])).rejects.toThrow();
    expect(await asked(url, 'select version::int from schema_version')).toEqual([{ version: migrations.length }]);
    expect(await asked(url, "select 1 from pg_class where relname = 'halfway'")).toEqual([]);
    await (await ground(url).open())[Symbol.asyncDispose]();
  });

  it('says which server cannot be reached', async () => {
    await expect(ground('postgres://nobody@127.0.0.1:1/none').open()).rejects.toHaveProperty(
      'reason',
      expect.stringContaining('ECONNREFUSED'),
    );
  });

  it('numbers parameters, except inside of quotes', () => {
    expect(numbered(`select '?', "a?" from t where a = ? and b = ?`)).toBe(
      `select '?', "a?" from t where a = $1 and b = $2`,
    );
  });
});
