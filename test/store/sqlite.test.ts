import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Store } from '#src/store/index.ts';
import { migrations } from '#src/store/migrations.ts';
import { openDatabase } from '#src/store/sqlite/database.ts';
import { migrateSqlite } from '#src/store/sqlite/migrate.ts';
import { runGroup } from '#src/store/sqlite/units.ts';
import type { Unit } from '#src/store/unit.ts';
import { ground } from '../contract/store.ts';
import { tempFolder } from './folder.ts';

const rights = (file: string): number => statSync(file).mode & 0o777;

/** A unit that leaves a mark behind. */
const mark = (text: string): Unit => [{ sql: 'insert into aliases values (?, ?, ?)', params: ['t', text, text] }];
const marked = async (store: Store, text: string): Promise<boolean> =>
  (await store.aliases.address('t', text)) !== undefined;

describe('a SQLite store', () => {
  it('makes its folder and files for its owner alone', async () => {
    using folder = tempFolder();
    const file = folder.file('new/store.db');
    await using store = await ground(`sqlite:${file}`).open();
    await store.unit(mark('a'));
    expect(rights(folder.file('new'))).toBe(0o700);
    expect([file, `${file}-wal`, `${file}-shm`, `${file}.lock`].map(rights)).toEqual([0o600, 0o600, 0o600, 0o600]);
  });

  it('leaves the lock to the next after a kill, and names it to a second process', async () => {
    using folder = tempFolder();
    const at = ground(`sqlite:${folder.file('store.db')}`);
    const [program = '', ...args] = at.load;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect(at.open()).rejects.toThrow(`${folder.file('store.db.lock')} is locked`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await at.open())[Symbol.asyncDispose]();
  });

  it('refuses a file of a newer program and leaves it as it is', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    const at = ground(`sqlite:${file}`);
    await (await at.open())[Symbol.asyncDispose]();
    using db = new DatabaseSync(file);
    db.exec('update schema_version set version = 1000');
    await expect(at.open()).rejects.toThrow('the store has schema 1000, this program knows');
    db.exec(`update schema_version set version = ${migrations.length}`);
    await (await at.open())[Symbol.asyncDispose]();
  });

  it('refuses what is no database', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    writeFileSync(file, 'not a database, however long one looks at it'.repeat(100));
    await expect(ground(`sqlite:${file}`).open()).rejects.toThrow(`${file} cannot be opened as a SQLite database`);
    await expect(ground('mysql://nobody').open()).rejects.toThrow('sqlite:PATH or postgres://');
  });

  it('refuses the database of another program, and adds nothing to it', async () => {
    using folder = tempFolder();
    const file = folder.file('biboumi.sqlite');
    using db = new DatabaseSync(file);
    db.exec('create table roster (local text, remote text)');
    await expect(ground(`sqlite:${file}`).open()).rejects.toThrow(
      `the store ${file} is a database of another program: it has the table roster`,
    );
    expect(db.prepare('select name from sqlite_schema').all()).toEqual([{ name: 'roster' }]);
  });

  it('says in words where it cannot be made', async () => {
    using folder = tempFolder();
    const file = folder.file('file');
    writeFileSync(file, '');
    await expect(ground(`sqlite:${file}/s.db`).open()).rejects.toThrow(
      `the store ${file}/s.db cannot be opened: a part of the path is not a directory`,
    );
  });

  it('reads on after a slow query, and what was written meanwhile', async () => {
    using folder = tempFolder();
    await using store = await ground(`sqlite:${folder.file('store.db')}`).open();
    const slow =
      'with recursive n(x) as (select 1 union all select x + 1 from n where x < 4e6) select count(*) c from n';
    expect(await store.read({ sql: slow, params: [] })).toEqual([{ c: 4e6 }]);
    for (const text of ['a', 'b', 'c']) {
      await store.unit(mark(text));
      await expect(store.read({ sql: 'select nothing', params: [] })).rejects.toThrow('nothing');
      expect(await marked(store, text)).toBe(true);
    }
  });

  it('acknowledges nothing while another program locks the file, and heals', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    await using store = await ground(`sqlite:${file}`).open();
    using other = new DatabaseSync(file);
    other.exec('begin immediate');
    const error = await store.unit(mark('a')).catch((reason) => reason);
    expect([error.name, error.reason, error.certain]).toEqual([
      'StoreUnavailable',
      'the store is unavailable: database is locked',
      true,
    ]);
    other.exec('rollback');
    await store.unit(mark('b'));
    expect([await marked(store, 'a'), await marked(store, 'b')]).toEqual([false, true]);
  });

  it('acknowledges nothing while the disk is full, and heals', () => {
    using folder = tempFolder();
    const database = openDatabase(folder.file('store.db'), false);
    using db = database.db;
    migrateSqlite(db, migrations);
    const { page_count } = db.prepare('pragma page_count').get() ?? {};
    db.exec(`pragma max_page_count = ${page_count}`);
    const big = mark('x'.repeat(100_000));
    const full = { failure: { kind: 'unavailable', reason: 'database or disk is full', certain: true } };
    expect(runGroup(database, [mark('a'), big, mark('b')])).toEqual([full, full, full]);
    db.exec('pragma max_page_count = 100000');
    const done = { results: [{ rows: [], changed: 1 }] };
    expect(runGroup(database, [mark('a'), big, mark('b')])).toEqual([done, done, done]);
  });

  it('no longer has in its files what was removed', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    await using store = await ground(`sqlite:${file}`).open();
    await store.unit(mark('a-secret-to-forget'));
    const found = () =>
      [file, `${file}-wal`].some((name) => existsSync(name) && readFileSync(name).includes('a-secret-to-forget'));
    expect(found()).toBe(true);
    await store.unit([{ sql: 'delete from aliases', params: [], expect: 1 }]);
    await store.scrub();
    expect(found()).toBe(false);
  });

  it('tells what is damaged in its file', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    {
      await using store = await ground(`sqlite:${file}`).open();
      for (let n = 0; n < 300; n++) await store.unit(mark(`${n} ${'x'.repeat(500)}`));
      await store.scrub();
    }
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, bytes.length - 4096));
    await using store = await ground(`sqlite:${file}`).open();
    expect((await store.check(false)).length).toBeGreaterThan(0);
    expect((await store.check(true)).length).toBeGreaterThan(0);
    await expect(store.copy(folder.file('copy.db'), () => undefined)).rejects.toHaveProperty(
      'reason',
      expect.stringContaining('the copy is damaged'),
    );
    expect(existsSync(folder.file('copy.db'))).toBe(false);
  });

  it('is left at the old schema by a migration that was killed', async () => {
    using folder = tempFolder();
    const file = folder.file('store.db');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'slow-migration.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    using db = new DatabaseSync(file);
    expect(db.prepare('select version from schema_version').all()).toEqual([{ version: migrations.length }]);
    expect(db.prepare("select name from sqlite_schema where name = 'halfway'").all()).toEqual([]);
    migrateSqlite(db, [...migrations, () => ['create table halfway (a integer)']]);
    expect(db.prepare('select version from schema_version').all()).toEqual([{ version: migrations.length + 1 }]);
  });
});
