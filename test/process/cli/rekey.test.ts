import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { keyOf, openKey, openStore, rekey, type Store, StoreRefused } from '#src/store/index.ts';
import { folder, isthmus } from './isthmus.ts';

const user = 'romeo@a.example' as BareJid;
const account = accountKey(user, 'irc.example.org');

const open = (dir: string) =>
  openStore({ url: `sqlite:${dir}/store.db`, log: pino({ level: 'silent' }), clock: systemClock });

/** A folder with a config, a key, and a store that holds a password. */
async function house() {
  const dir = folder();
  const file = `${dir.path}/isthmus.key`;
  const config = dir.file(
    'c.yaml',
    `store: 'sqlite:${dir.path}/store.db'
key: { file: '${file}' }
transports: { irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }
`,
  );
  await using store = await open(dir.path);
  const key = await keyOf(store, file);
  await store.unit([
    store.accounts.put({ key: account, user, transport: 'irc.example.org', registered: true, created: 0, seen: 0 }),
    store.credentials.put(key, { account, realm: 'net', name: 'password' }, new Sealed('hush')),
  ]);
  return { dir, file, config, path: dir.path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

const password = async (store: Store, file: string) =>
  (await store.credentials.get(openKey({ file }), account, 'net')).get('password')?.open();

describe('isthmus rekey', () => {
  it('seals everything with a new key, which is in the place of the old one', async () => {
    using at = await house();
    const before = readFileSync(at.file, 'utf8');
    await using running = isthmus(['rekey', '--config', at.config]);
    expect(await running.ended).toEqual({
      code: 0,
      err: '',
      out: `${at.file}: a new key, 1 secret was sealed anew\nCopies of the store that were made before need the key of before.\n`,
    });
    expect(readFileSync(at.file, 'utf8')).not.toBe(before);
    expect(statSync(at.file).mode & 0o777).toBe(0o400);
    expect(existsSync(`${at.file}.new`)).toBe(false);
    await using store = await open(at.path);
    expect(await password(store, at.file)).toBe('hush');
  });

  it('makes no store, and says where it has looked for one', async () => {
    using dir = folder();
    const config = dir.file(
      'c.yaml',
      `transports: { irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }\n`,
    );
    for (const args of [['rekey'], ['queue', 'list'], ['doctor']]) {
      await using running = isthmus([...args, '--config', config], { cwd: dir.path });
      expect(await running.ended).toEqual({
        code: 1,
        out: '',
        err: `isthmus: there is no store at ${dir.path}/data/isthmus.db yet: the config has ./data/isthmus.db, from the folder in which a command is started\n`,
      });
    }
    expect(readdirSync(dir.path)).toEqual(['c.yaml']);
  });

  it('is refused while another process has the store', async () => {
    using at = await house();
    const before = readFileSync(at.file, 'utf8');
    await using store = await open(at.path);
    await using running = isthmus(['rekey', '--config', at.config]);
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([1, expect.stringContaining('is in use by another process')]);
    expect(readFileSync(at.file, 'utf8')).toBe(before);
    expect(await password(store, at.file)).toBe('hush');
  });

  it('finishes what a killed run has begun, and the gateway does not start before', async () => {
    using at = await house();
    {
      await using store = await open(at.path);
      await rekey(store, openKey({ file: at.file }), openKey({ file: `${at.file}.new` }));
      await expect(keyOf(store, at.file)).rejects.toThrow(/finish it with "isthmus rekey"/);
    }
    await using running = isthmus(['rekey', '--config', at.config]);
    expect((await running.ended).code).toBe(0);
    await using store = await open(at.path);
    await keyOf(store, at.file);
    expect(await password(store, at.file)).toBe('hush');
  });
});

describe('the key of a store', () => {
  it('is not made anew while there are secrets of another', async () => {
    using at = await house();
    await using store = await open(at.path);
    const other = `${at.path}/other.key`;
    await expect(keyOf(store, other)).rejects.toThrow(StoreRefused);
    expect(existsSync(other)).toBe(false);
    openKey({ file: other });
    await expect(keyOf(store, other)).rejects.toThrow(/put the right key there/);
  });
});
