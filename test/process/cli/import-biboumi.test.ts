import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { placeKey, sharedPlace } from '#src/model/place.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { biboumiDatabase, insert, serverRow } from '../../bridges/irc/biboumi-database.ts';
import { folder, isthmus } from './isthmus.ts';

const DOMAIN = 'irc.example.org';
const romeo = accountKey('romeo@a.example' as BareJid, DOMAIN);
const juliet = accountKey('juliet@a.example' as BareJid, DOMAIN);
const SPRING = 1_700_000_000;

/** A folder with a config and a database of biboumi, with what was set and said by two people and a stranger. */
function house(transport = 'servers: { irc.example.net: {} }, any_server: true') {
  const dir = folder();
  const config = dir.file(
    'c.yaml',
    `store: 'sqlite:${dir.path}/store.db'
key: { file: '${dir.path}/isthmus.key' }
access: { register: [a.example] }
transports: { ${DOMAIN}: { bridge: irc, secret: x, ${transport} } }
`,
  );
  const file = join(dir.path, 'biboumi.sqlite');
  using db = biboumiDatabase(file);
  insert(db, 'globaloptions_', { owner_: 'romeo@a.example', maxhistorylength_: 7, recordhistory_: 1, persistent_: 1 });
  const set = { nick_: 'Montague', pass_: 'letmein', saslpassword_: 'balcony', verifycert_: 0, throttlelimit_: -1 };
  insert(db, 'ircserveroptions_', serverRow('romeo@a.example', 'irc.example.net', { ...set, encodingin_: 'no-such' }));
  insert(db, 'ircserveroptions_', serverRow('romeo@a.example', 'odd.example.net', { ports_: '7000', tlsports_: '' }));
  insert(db, 'ircserveroptions_', serverRow('juliet@a.example', 'irc.example.net'));
  for (const line of ['PRIVMSG NickServ :IDENTIFY rosebud', 'PING x', 'MODE Montague +i'])
    insert(db, 'after_connection_commands_', { fk_: 1, afterconnectioncommand_: line });
  const verona = { owner_: 'romeo@a.example', server_: 'irc.example.net', channel_: '#Verona' };
  insert(db, 'ircchanneloptions_', { ...verona, persistent_: 1, recordhistory_: -1, encodingin_: 'koi8-r' });
  insert(db, 'roster', { local: 'biboumi.old.example', remote: 'romeo@a.example' });
  insert(db, 'roster', { local: 'irc.example.net@biboumi.old.example', remote: 'romeo@a.example' });
  const say = (owner_: string, uuid_: string, after: number, body_: string | null, nick_ = 'Mercutio') =>
    insert(db, 'muclogline_', {
      ...{
        uuid_,
        owner_,
        ircchanname_: '#verona',
        ircservername_: 'irc.example.net',
        date_: SPRING + after,
        body_,
        nick_,
      },
    });
  say('romeo@a.example', 'u-1', 0, 'a plague');
  say('juliet@a.example', 'u-2', 1, 'a plague');
  say('romeo@a.example', 'u-3', 2, 'on both');
  say('juliet@a.example', 'u-4', 10, '/me is \u0007Röschen', 'Nurse');
  say('romeo@a.example', 'u-5', 20, null);
  say('romeo@a.example', 'u-6', Number.MAX_SAFE_INTEGER - SPRING, 'never');
  say('paris@b.example', 'u-7', 30, 'let me in');
  return { dir, config, file, path: dir.path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

const open = (path: string) =>
  openStore({ url: `sqlite:${path}/store.db`, log: pino({ level: 'silent' }), clock: systemClock });

const SUMMARY = [
  '  people   2',
  '  settings 12',
  '  contacts 2',
  '  messages 4',
  'Not brought over:',
  '  1 × throttles that were off: the operator decides that, with "throttle"',
  '  1 × commands after the login that the gateway says itself, or that are too many',
  '  1 × values of encoding_in that may not be set here',
  '  1 × lines without a time',
  '  1 × lines without a text',
  '  1 × rows of paris@b.example, who is not on access.register',
  '',
];

async function imported(at: { config: string; file: string }, ...more: string[]): Promise<string[]> {
  await using running = isthmus(['import-biboumi', at.file, '--config', at.config, ...more]);
  const { code, out, err } = await running.ended;
  expect([code, err]).toEqual([0, '']);
  return out.split('\n');
}

describe('isthmus import-biboumi', () => {
  it('brings over what was set and said, tells what it leaves, and changes nothing the second time', async () => {
    using at = house();
    const [head, ...summary] = await imported(at);
    expect(head).toBe(`${at.file} → ${DOMAIN}`);
    expect(summary.toSorted()).toEqual(SUMMARY.toSorted());

    const place = placeKey(sharedPlace(DOMAIN, '#verona%irc.example.net'));
    const kept = async () => {
      await using store = await open(at.path);
      const key = openKey({ file: join(at.path, 'isthmus.key') });
      const of = (account: string, scope: 'account' | 'realm' | 'room', subject: string) =>
        store.settings.get({ account, scope, subject });
      const secrets = await store.credentials.get(key, romeo, 'settings\nrealm\nirc.example.net');
      const seen = async (account: string) =>
        (await store.archive.page({ place, account, max: 10 })).rows.map((row) => [
          row.at,
          row.fromName,
          row.event,
          row.body,
        ]);
      return {
        account: await of(romeo, 'account', ''),
        server: await of(romeo, 'realm', 'irc.example.net'),
        odd: await of(romeo, 'realm', 'odd.example.net'),
        plain: await of(juliet, 'realm', 'irc.example.net'),
        room: await of(romeo, 'room', `${DOMAIN} #verona%irc.example.net`),
        secrets: Object.fromEntries([...secrets].map(([name, value]) => [name, value.open()])),
        contacts: (await store.contacts.of(romeo)).map(({ id, from, to }) => ({ id, from, to })),
        romeo: await seen(romeo),
        juliet: await seen(juliet),
      };
    };
    const first = await kept();
    const plague = [SPRING * 1000, 'Mercutio', 'u-1', '{"text":"a plague"}'];
    expect(first).toEqual({
      account: { max_history_length: 7, persistent: true },
      server: { nick: 'Montague', verify_cert: false },
      odd: { ports: ['7000'], tls_ports: [] },
      plain: undefined,
      room: { record_history: 'false', persistent: true, encoding_in: 'koi8-r' },
      secrets: {
        ...{ pass: 'letmein', sasl_password: 'balcony' },
        after_connect_commands: 'PRIVMSG NickServ :IDENTIFY rosebud\nMODE Montague +i',
      },
      contacts: [
        { id: '', from: true, to: true },
        { id: 'irc.example.net', from: true, to: true },
      ],
      // What two have kept of one room is there once, and each sees what was kept for them.
      romeo: [plague, [(SPRING + 2) * 1000, 'Mercutio', 'u-3', '{"text":"on both"}']],
      juliet: [plague, [(SPRING + 10) * 1000, 'Nurse', 'u-4', '{"text":"is Röschen","style":"action"}']],
    });
    for (const name of readdirSync(at.path).filter((one) => one.startsWith('store.db')))
      expect(readFileSync(join(at.path, name)).includes('balcony'), name).toBe(false);

    const again = await imported(at);
    expect(again.slice(2, 5)).toEqual([
      '  settings 0, and 12 that were there already',
      '  contacts 0, and 2 that were there already',
      '  messages 0, and 4 that were there already',
    ]);
    expect(await kept()).toEqual(first);
  });

  it('stores nothing in a dry run, and makes no store', async () => {
    using at = house();
    const [head, ...summary] = await imported(at, '--dry-run');
    expect(head).toBe(`${at.file} → ${DOMAIN} (nothing was stored)`);
    expect(summary.toSorted()).toEqual(SUMMARY.toSorted());
    expect(readdirSync(at.path).sort()).toEqual(['biboumi.sqlite', 'c.yaml']);
  });

  it('leaves what its user has set here, and what the operator decides', async () => {
    using at = house('servers: { irc.example.net: {} }');
    {
      await using store = await open(at.path);
      const of = { account: romeo, scope: 'realm', subject: 'irc.example.net' } as const;
      await store.unit([store.accounts.used(romeo, 0), store.settings.put(of, { nick: 'Tybalt' })]);
    }
    const summary = await imported(at);
    expect(summary).toContain('  1 × values of verify_cert that may not be set here');
    expect(summary).toContain('  1 × rows of odd.example.net, a server that the config does not have');
    await using store = await open(at.path);
    const kept = await store.settings.get({ account: romeo, scope: 'realm', subject: 'irc.example.net' });
    expect(kept).toEqual({ nick: 'Tybalt' });
  });

  it('tells what is of no use as the config is: where users may not connect to, and passwords that are not sent', async () => {
    using at = house('any_server: true, servers: { near: { host: 127.0.0.1, tls: false } }');
    const plain = { ports_: '6667', tlsports_: '' };
    using db = new DatabaseSync(at.file);
    for (const [server, more] of [
      ['localhost', plain],
      ['irc.example.com', { ports_: '16667', tlsports_: '' }],
      ['irc.example.com', { ...plain, saslpassword_: 'balcony', nick_: 'x' }],
      ['irc.example.com', { ...plain, tlsports_: '6697', saslpassword_: 'balcony', nick_: 'x' }],
      ['near', { ...plain, pass_: 'balcony' }],
      ['near', plain],
    ] as const)
      insert(db, 'ircserveroptions_', serverRow('juliet@a.example', server, more));
    const summary = await imported(at, '--dry-run');
    expect(summary.slice(summary.indexOf('Of no use as the config is:') + 1).toSorted()).toEqual([
      '',
      '  1 × irc.example.com:16667, which users may not choose: list the server of irc.example.com below "servers"',
      '  1 × localhost:6667, which users may not choose: list the server of localhost below "servers"',
      '  1 × passwords for irc.example.com, and no TLS there: list it below "servers", with TLS or with insecure_login',
      '  1 × passwords for near, and no TLS there: list it below "servers", with TLS or with insecure_login',
    ]);
  });

  it('tells what it cannot read, and names what is missing', async () => {
    using at = house();
    const none = join(at.path, 'none.sqlite');
    const errors: string[] = [];
    for (const args of [[none], [at.config], [], [at.file, '--transport', 'sms.example.org']]) {
      await using running = isthmus(['import-biboumi', ...args, '--config', at.config]);
      const { code, err } = await running.ended;
      expect(code).toBe(1);
      errors.push(err.split('\n')[0] ?? '');
    }
    expect(errors).toEqual([
      `isthmus: ${none}: there is no such file`,
      `isthmus: ${at.config}: file is not a database`,
      'isthmus: the FILE or postgres:// URL to import is missing',
      'isthmus: no transport sms.example.org speaks IRC',
    ]);
  });
});
