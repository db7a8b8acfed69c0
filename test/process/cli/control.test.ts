import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openQueue } from '#src/core/journal/operator/queue.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import { controlPath } from '#src/process/cli/control.ts';
import { openControlSocket } from '#src/process/cli/control-socket.ts';
import { openOperations } from '#src/process/operations.ts';
import { openStore, type Store } from '#src/store/index.ts';
import { eventually } from '../../patience.ts';
import { folder, isthmus } from './isthmus.ts';

const log = openLog('silent');
const DOMAIN = 'irc.example.org';
const romeo = accountKey('romeo@a.example' as BareJid, DOMAIN);

/** A folder with a config and a store that owes one message to a network, for an account without a session. */
async function house() {
  const dir = folder();
  const url = `sqlite:${dir.path}/store.db`;
  const config = dir.file(
    'c.yaml',
    `xmpp: { port: 1 }
store: '${url}'
key: { file: '${dir.path}/isthmus.key' }
transports: { ${DOMAIN}: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }
`,
  );
  const open = () => openStore({ url, log, clock: systemClock });
  await using store = await open();
  const place = { kind: 'contact', account: romeo, id: 'mercutio%irc.example.net' } as const;
  const event = { id: 'j-1.0', at: 0, place, from: { kind: 'xmpp', bare: 'romeo@a.example' }, live: true };
  const origin = { stanza: 'message', from: 'romeo@a.example/x', to: `mercutio%irc.example.net@${DOMAIN}`, id: 'm1' };
  const id = store.journal.nextId();
  await store.unit([
    store.journal.add(
      {
        id,
        event: 'j-1.0' as EventId,
        lane: `out contact ${romeo} ${place.id}`,
        account: romeo,
        key: null,
        body: JSON.stringify({ way: 'out', event: { ...event, kind: 'message', text: 'a secret', style: 'plain' } }),
        origin: JSON.stringify({ origin, lead: true, group: 'j-1', parts: 1 }),
        state: 'ready',
        attempts: 0,
        notBefore: 0,
        expires: 1e12,
        at: Date.now(),
        charges: null,
      },
      1,
    ),
  ]);
  const tell = async (...args: string[]) => {
    await using running = isthmus([...args, '--config', config]);
    const { code, out, err } = await running.ended;
    return { code, out, err };
  };
  const run = async () => {
    const running = isthmus(['run', '--config', config]);
    await running.line(/"msg":"started"/);
    return running;
  };
  return {
    path: dir.path,
    config,
    open,
    id,
    tell,
    run,
    socket: `${dir.path}/store.db.sock`,
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

describe('isthmus queue', () => {
  it('works over the socket of the gateway that runs, and on the store of one that is stopped', async () => {
    using at = await house();
    {
      await using gateway = await at.run();
      expect(statSync(at.socket).mode & 0o777).toBe(0o600);
      expect((await at.tell('queue', 'list')).out).toMatch(/ ready .*\n1 ready\n$/s);
      const shown = await at.tell('queue', 'show', String(at.id));
      expect(shown.out).toMatch(/to the network[\s\S]*Z {2}accepted\n/);
      expect(shown.out).not.toContain('secret');
      expect((await at.tell('queue', 'show', String(at.id), '--body')).out).toContain('a secret');
      expect(await at.tell('queue', 'show', '999')).toEqual({
        code: 1,
        out: '',
        err: 'isthmus: There is no row 999 in the journal.\n',
      });
      gateway.child.kill('SIGTERM');
      expect((await gateway.ended).code).toBe(0);
      expect(existsSync(at.socket)).toBe(false);
    }
    expect(await at.tell('queue', 'drop', String(at.id))).toMatchObject({
      code: 0,
      out: `Row ${at.id} is dropped, and its sender is told.\n`,
    });
    const { out } = await at.tell('queue', 'list', '--json', '--full');
    expect(JSON.parse(out)).toMatchObject({
      entries: [{ direction: 'in', user: 'romeo@a.example', state: 'ready' }],
      states: { done: 1, ready: 1 },
    });
  });

  it('takes the place of a socket that a killed gateway has left', async () => {
    using at = await house();
    await using first = await at.run();
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(at.socket)).toBe(true);
    expect((await at.tell('queue', 'list')).code).toBe(0);
    await using _again = await at.run();
    expect((await at.tell('queue', 'list')).out).toContain('ready');
  });

  it('says what is wrong with a command line or a config', async () => {
    using at = await house();
    expect(await at.tell('queue', 'fly')).toMatchObject({
      code: 1,
      err: expect.stringContaining('queue cannot "fly"'),
    });
    expect(await at.tell('queue', 'drop')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ID of a row is missing'),
    });
    expect(await at.tell('queue', 'list', '--state', 'odd')).toMatchObject({ code: 1 });
    writeFileSync(at.config, 'transports: {}');
    expect((await at.tell('queue', 'list')).code).toBe(78);
  });
});

describe('isthmus backup and restore', () => {
  const count = (file: string): unknown => {
    using db = new DatabaseSync(file, { readOnly: true });
    return db.prepare("select count(*) as n from journal where state = 'ready'").get()?.n;
  };

  it('copies the store while the gateway runs, and puts it back when that is stopped', async () => {
    using at = await house();
    const copy = `${at.path}/copy.db`;
    {
      await using _gateway = await at.run();
      const done = await at.tell('backup', copy);
      expect([done.code, done.out]).toEqual([0, expect.stringContaining('is not part of it')]);
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      expect(await at.tell('backup', copy)).toMatchObject({
        code: 1,
        err: expect.stringContaining('is there already'),
      });
      expect(await at.tell('restore', copy)).toMatchObject({
        code: 1,
        err: expect.stringContaining('in use by another process'),
      });
      expect(await at.tell('doctor')).toMatchObject({ code: 0, out: 'store: ok\n' });
    }
    await at.tell('queue', 'drop', String(at.id));
    const { code, out } = await at.tell('restore', copy);
    expect(code).toBe(0);
    const [, aside = ''] = /^(\S+): the store of before$/m.exec(out) ?? [];
    expect([count(`${at.path}/store.db`), existsSync(aside)]).toEqual([1, true]);
    expect((await at.tell('queue', 'show', String(at.id))).code).toBe(0);
    expect((await at.tell('doctor')).code).toBe(0);
  });

  it('holds one moment of a store that is written to all the while', async () => {
    using at = await house();
    await using store = await at.open();
    // Two rows in each unit: a copy that is torn would hold an odd number of them.
    let writing = true;
    const load = async (name: string): Promise<void> => {
      for (let n = 0; writing; n++)
        await store.unit(
          ['a', 'b'].map((half) => ({
            sql: 'insert into aliases values (?, ?, ?)',
            params: [name, `${half}${n}`, 'x'.repeat(500)],
          })),
        );
    };
    const loads = ['p', 'q', 'r'].map(load);
    await eventually(async () => expect((await store.aliases.all()).length).toBeGreaterThan(500));
    await store.copy(`${at.path}/copy.db`, () => undefined);
    writing = false;
    await Promise.all(loads);
    using db = new DatabaseSync(`${at.path}/copy.db`, { readOnly: true });
    const rows = Number(db.prepare('select count(*) as n from aliases').get()?.n);
    expect([rows % 2, rows >= 500]).toEqual([0, true]);
    expect(readdirSync(at.path).filter((name) => name.includes('part'))).toEqual([]);
  });

  it('refuses what is damaged, of a newer program, no store, or sealed with another key, and leaves all as it is', async () => {
    using at = await house();
    const copy = `${at.path}/copy.db`;
    await at.tell('backup', copy);
    const refused = async (why: RegExp) => {
      const { code, err } = await at.tell('restore', copy);
      expect([code, err]).toEqual([1, expect.stringMatching(why)]);
      expect(count(`${at.path}/store.db`)).toBe(1);
    };
    const change = (sql: string) => {
      using db = new DatabaseSync(copy);
      db.exec(sql);
    };
    change('update schema_version set version = version + 1000');
    await refused(/is of a newer program/);
    change(
      "update schema_version set version = version - 1000; insert into bridge_state values ('t', 'a', 'k', x'00', 'feed', null)",
    );
    await refused(/key of the copy has to be there first/);
    writeFileSync(`${at.path}/isthmus.key`, '01'.repeat(32), { mode: 0o400 });
    await refused(/sealed with another key/);
    change('delete from bridge_state; drop table schema_version');
    await refused(/is no store of ours/);
    writeFileSync(copy, 'no database at all');
    await refused(/copy\.db cannot be opened as a SQLite database/);
    rmSync(copy);
    mkdirSync(copy);
    await refused(/copy\.db: cannot be copied to .*: it is a directory/);
    expect(readdirSync(at.path).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('puts a copy on a machine where nothing is yet, not even the folder', async () => {
    using at = await house();
    const copy = `${at.path}/copy.db`;
    await at.tell('backup', copy);
    writeFileSync(at.config, readFileSync(at.config, 'utf8').replace('/store.db', '/new/store.db'));
    expect((await at.tell('restore', copy)).code).toBe(0);
    expect(count(`${at.path}/new/store.db`)).toBe(1);
    expect(statSync(`${at.path}/new`).mode & 0o777).toBe(0o700);
  });

  it('names the commands of PostgreSQL, without the password', async () => {
    using at = await house();
    writeFileSync(
      at.config,
      `store: 'postgres://me:hush@127.0.0.1:1/db'
transports: { ${DOMAIN}: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }
`,
    );
    const { code, err } = await at.tell('restore', 'x.dump');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(
        "pg_restore --clean --if-exists --single-transaction --dbname='postgres://me@127.0.0.1:1/db' FILE",
      ),
    ]);
  });
});

describe('the control socket', () => {
  it('answers one line of a bounded length, and knows what it may be asked', async () => {
    using dir = folder();
    await using store: Store = await openStore({ url: `sqlite:${dir.path}/s.db`, log, clock: systemClock });
    const queue = openQueue({ store, clock: systemClock, expiry: 1, owner: async () => 1, release: () => [] });
    const path = `${dir.path}/c.sock`;
    await using _socket = await openControlSocket(path, openOperations({ store, queue, purge: async () => 0 }), log);
    const ask = async (line: string): Promise<string> => {
      const socket = createConnection(path).setEncoding('utf8');
      let text = '';
      socket.on('data', (part: string) => (text += part)).on('error', () => undefined);
      socket.write(line);
      await new Promise((closed) => socket.on('close', closed));
      return text;
    };
    expect(JSON.parse(await ask('{"name":"queue.list","args":{"max":1}}\n'))).toEqual({
      answer: { entries: [], states: {} },
    });
    expect(await ask('{"name":"queue.list","args":{"max":1e9}}\n')).toContain('does not take such arguments');
    expect(await ask('{"name":"__proto__","args":{}}\n')).toContain('no such operation');
    expect(await ask('hello\n')).toContain('error');
    expect(await ask('x'.repeat(100_000))).toBe('');
  });

  it('is missing where its path is too long, and the log says what to do', async () => {
    using dir = folder();
    await using store: Store = await openStore({ url: `sqlite:${dir.path}/s.db`, log, clock: systemClock });
    const queue = openQueue({ store, clock: systemClock, expiry: 1, owner: async () => 1, release: () => [] });
    const lines: string[] = [];
    const told = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const path = `/${'x'.repeat(107)}`;
    await using _socket = await openControlSocket(path, openOperations({ store, queue, purge: async () => 0 }), told);
    expect(lines).toEqual([expect.stringContaining('its path has 108 bytes, and 107 are the most')]);
  });

  it('leaves a file alone that is none', async () => {
    using dir = folder();
    const path = dir.file('c.sock', 'mine');
    await using store: Store = await openStore({ url: `sqlite:${dir.path}/s.db`, log, clock: systemClock });
    const queue = openQueue({ store, clock: systemClock, expiry: 1, owner: async () => 1, release: () => [] });
    await using _socket = await openControlSocket(path, openOperations({ store, queue, purge: async () => 0 }), log);
    expect(statSync(path).isFile()).toBe(true);
  });

  it('is beside the store, beside the config of a store that is a server, or where the operator wants it', () => {
    expect(controlPath({ store: 'sqlite:/var/x.db', control: undefined }, '/etc/c.yaml')).toBe('/var/x.db.sock');
    expect(controlPath({ store: 'postgres://h/d', control: undefined }, '/etc/c.yaml')).toBe('/etc/isthmus.sock');
    expect(controlPath({ store: 'postgres://h/d', control: '/run/i.sock' }, '/etc/c.yaml')).toBe('/run/i.sock');
  });
});

describe('isthmus accounts purge', () => {
  it.each(['running', 'stopped'])(
    'removes all accounts of a user from the store of a gateway that is %s',
    async (how) => {
      using here = await house();
      {
        await using store = await here.open();
        const user = 'romeo@a.example' as BareJid;
        const contact = { from: true, to: true, pendingIn: false, pendingOut: false, owed: [] };
        await store.unit([
          store.accounts.put({ key: romeo, user, transport: DOMAIN, registered: true, created: 1, seen: Date.now() }),
          store.contacts.put({ account: romeo, id: 'mercutio%irc.example.net', name: null, ...contact }),
        ]);
      }
      const running = how === 'running' ? await here.run() : undefined;
      expect(await here.tell('accounts', 'purge', 'Romeo@a.example')).toMatchObject({
        code: 0,
        out: '1 account removed.\n',
      });
      expect(await here.tell('accounts', 'purge', 'romeo@a.example')).toMatchObject({
        code: 0,
        out: '0 accounts removed.\n',
      });
      await running?.[Symbol.asyncDispose]();
      await using store = await here.open();
      expect([await store.accounts.list(10), await store.contacts.of(romeo)]).toEqual([[], []]);
    },
  );

  it('wants an address', async () => {
    using here = await house();
    expect(await here.tell('accounts', 'purge', 'romeo')).toMatchObject({ code: 1 });
    expect(await here.tell('accounts')).toMatchObject({ code: 1 });
  });
});
