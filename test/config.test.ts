import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isHostName, isLoopback } from '#src/config/fields.ts';
import { closest } from '#src/config/findings.ts';
import { parseSource } from '#src/config/source.ts';
import { type Config, loadConfig, renderProblem } from '#src/config.ts';
import { bytes } from '#src/lib/bytes.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';
import { exampleConfig } from '#src/process/cli/example-config.ts';
import { folder } from './process/cli/isthmus.ts';

const GOOD = `transports:
  irc.example.org: { bridge: irc, secret: hush, servers: { irc.libera.chat: {} } }
`;

/** Loads a text as a config file named `c.yaml`. */
async function load(text: string | Uint8Array) {
  using temporary = folder();
  return await loadConfig(temporary.file('c.yaml', text));
}

/** What is wrong with a text, as the operator reads it. */
async function problems(text: string | Uint8Array): Promise<string[]> {
  const loaded = await load(text);
  return 'problems' in loaded ? loaded.problems.map((problem) => renderProblem('c.yaml', problem)) : [];
}

async function config(text: string): Promise<Config> {
  const loaded = await load(text);
  if ('config' in loaded) return loaded.config;
  throw new Error(loaded.problems.map((problem) => renderProblem('c.yaml', problem)).join('\n'));
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a good file', () => {
  it('needs no more than a transport', async () => {
    const { transports, ...rest } = await config(GOOD);
    expect(rest).toEqual({
      xmpp: { host: '127.0.0.1', port: 5347 },
      store: 'sqlite:./data/isthmus.db',
      key: { file: './data/isthmus.key' },
      admins: [],
      access: { register: [] },
      limits: {
        stanza_size: 262_144,
        depth: 64,
        attributes: 64,
        xmpp_high_water: 8_388_608,
        xmpp_cap: 33_554_432,
        messages: { burst: 100, per_second: 10 },
        joins: { burst: 100, per_second: 1 },
        contacts: { burst: 500, per_second: 1 },
        registrations: { burst: 10, per_second: 0.1 },
        waiting_lines: 100,
        waiting_time: 60_000,
        connect_pace: 5000,
        join_time: 300_000,
        history_time: 10_000,
        linger: 300_000,
        shown_occupants: 2000,
        open_files: 20,
        presence_window: 30_000,
        reconnect_min: 5000,
        reconnect_max: 300_000,
        unseen: 7_776_000_000,
        dialogues: 4,
        dialogue_time: 600_000,
        ids_kept: 2_592_000_000,
        expiry: { xmpp: 604_800_000 },
        return_time: 600_000,
        journal_kept: 1_209_600_000,
        stop_time: 10_000,
        stall_time: 10_000,
      },
      log: { level: 'info' },
    });
    expect(
      transports.map(({ domain, kind, definition, secret }) => [domain, kind, definition.kind, secret.open()]),
    ).toEqual([['irc.example.org', 'irc', 'irc', 'hush']]);
    expect(transports[0]?.settings).toMatchObject({ servers: { 'irc.libera.chat': { ports: [6697], tls: true } } });
  });

  it('takes sizes, durations, listeners and addresses as people write them', async () => {
    const read = await config(`${GOOD}
http: { listen: '[::1]:8480' }
admin: { listen: 0.0.0.0:0, token: t }
admins: [Admin@Example.org]
access: { register: [Example.org, friend@other.example, '*'] }
limits: { stanza_size: 50 kB, waiting_time: 2m, stop_time: 5, presence_window: off }
`);
    expect(read.http).toEqual({ listen: { host: '::1', port: 8480 } });
    expect(read.admin?.listen).toEqual({ host: '0.0.0.0', port: 0 });
    expect(read.admins).toEqual(['admin@example.org']);
    expect(read.access.register).toEqual(['example.org', 'friend@other.example', '*']);
    expect(read.limits).toMatchObject({
      stanza_size: 50_000,
      waiting_time: 120_000,
      stop_time: 5000,
      presence_window: 0,
    });
  });

  it('may have sections whose lines are all comments', async () => {
    expect(await problems(`limits:\n  # depth: 3\nhttp:\n${GOOD}`)).toEqual([]);
  });

  it('may use aliases', async () => {
    expect(await problems(`admins: &us [a@b.example]\naccess: { register: *us }\n${GOOD}`)).toEqual([]);
  });
});

describe('secrets', () => {
  const withSecret = (secret: string) => GOOD.replace('hush', secret);
  const opened = async (secret: string) => (await config(withSecret(secret))).transports[0]?.secret.open();

  it('come from the environment', async () => {
    vi.stubEnv('ISTHMUS_TEST_SECRET', ' from outside ');
    expect(await opened('{ env: ISTHMUS_TEST_SECRET }')).toBe(' from outside ');
  });

  it('come from files, without the last line break', async () => {
    using temporary = folder();
    expect(await opened(`{ file: ${temporary.file('secret', 'from a file \r\n')} }`)).toBe('from a file ');
  });

  it('are not shown when the config is printed', async () => {
    const read = await config(withSecret('hush-hush'));
    expect(inspect(read, { depth: 9 }) + JSON.stringify(read.transports[0]?.secret)).not.toContain('hush-hush');
  });

  it.each([
    [`''`, 'must not be empty'],
    ['12345', 'must be text in quotes, { env: NAME } or { file: PATH }'],
    ['{ fil: x }', 'must be text in quotes, { env: NAME } or { file: PATH }'],
    ['{ env: ISTHMUS_TEST_UNSET }', 'the environment variable ISTHMUS_TEST_UNSET is not set'],
    ['{ env: ISTHMUS_TEST_EMPTY }', 'the environment variable ISTHMUS_TEST_EMPTY is empty'],
    ['{ file: /nowhere/secret }', 'the file /nowhere/secret cannot be read: there is no such file'],
    ['{ file: / }', 'the file / cannot be read: it is a directory'],
    ['{ file: /dev/null }', 'the file /dev/null is empty'],
  ])('%s: %s', async (secret, text) => {
    vi.stubEnv('ISTHMUS_TEST_EMPTY', '');
    expect(await problems(withSecret(secret))).toEqual([`c.yaml:2 transports.irc.example.org.secret: ${text}`]);
  });
});

describe('limits.expiry', () => {
  it('names XMPP and the kinds of networks, and nothing else', async () => {
    expect(await problems(`limits: { expiry: { xmpp: 1d, sms: 2h } }\n${GOOD}`)).toEqual([]);
    expect(await problems(`limits: { expiry: { sm: 2h } }\n${GOOD}`)).toEqual([
      'c.yaml:1 limits.expiry.sm: is not a known key; did you mean "sms"?',
    ]);
  });
});

describe('the file as a whole', () => {
  it.each([
    ['nothing', '', 'c.yaml:1 (file): is empty'],
    ['comments alone', '# nothing\n', 'c.yaml:1 (file): is empty'],
    [
      'a list',
      '- a\n',
      'c.yaml:1 (file): must be a mapping of keys to values, such as "transports:" and what belongs to it',
    ],
    ['a tab', 'log:\n\tlevel: info\n', 'c.yaml:2 (file): a tab is used for indentation; use spaces'],
    [
      'an open quote',
      'log: "info\n',
      'c.yaml:2 (file): a character is missing here, such as a closing quote, bracket or colon',
    ],
    [
      'a colon too many',
      'log: level: info\n',
      'c.yaml:1 (file): a key and its value do not fit here; is there a colon too many, or are quotes missing?',
    ],
    [
      'two documents',
      'log: {}\n---\nlog: {}\n',
      'c.yaml:2 (file): holds more than one document; "---" may stand once, at the top',
    ],
    ['a tag', 'log: !include log.yaml\n', 'c.yaml:1 (file): tags such as "!name" are not known here'],
    [
      'an alias of nothing',
      'log: *nothing\n',
      'c.yaml:1 (file): uses aliases (*name) that cannot be followed, or far too many of them',
    ],
    ['deep nesting', `log: ${'['.repeat(100_000)}\n`, 'c.yaml:1 (file): is nested too deeply'],
    ['more than 1 MiB', '#'.repeat(1024 * 1024 + 1), 'c.yaml:1 (file): cannot be read: it is larger than 1 MiB'],
    ['latin-1', new Uint8Array([0x23, 0xe4, 0x0a]), 'c.yaml:1 (file): is not valid UTF-8 text'],
  ])('%s', async (_, text, line) => {
    expect(await problems(text)).toEqual([line]);
  });

  it('is not blown up by aliases of aliases', async () => {
    const list = (item: string) => `[${Array(10).fill(item).join(', ')}]`;
    const bomb = ['a: &a x', `b: &b ${list('*a')}`, `c: &c ${list('*b')}`, `d: &d ${list('*c')}`, `e: ${list('*d')}`];
    expect(await problems(bomb.join('\n'))).toEqual([
      'c.yaml:2 (file): uses aliases (*name) that cannot be followed, or far too many of them',
    ]);
  });

  it('may be missing or a folder', async () => {
    using temporary = folder();
    const missing = await loadConfig(`${temporary.path}/none.yaml`);
    expect(missing).toMatchObject({ problems: [{ line: 1, text: 'cannot be read: there is no such file' }] });
    expect(await loadConfig(temporary.path)).toMatchObject({
      problems: [{ line: 1, text: 'cannot be read: it is a directory' }],
    });
  });

  it('never throws, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseSource(text).findings)));
    const yamlish = fc.array(
      fc.constantFrom('a', ': ', '\n', '  ', '- ', '[', ']', '{', '}', '&a ', '*a', '? ', '"', '|', '!!x ', '#', '<<'),
    );
    fc.assert(fc.property(yamlish, (parts) => Array.isArray(parseSource(parts.join('')).findings)));
  });
});

describe('keys', () => {
  const KNOWN =
    'known here: xmpp, store, key, http, media, admin, admins, about, access, limits, control, log, transports';

  it.each([
    ['xmmp: {}', 'xmmp: is not a known key; did you mean "xmpp"?'],
    ['cluster: {}', `cluster: is not a known key; ${KNOWN}`],
    ['log: { levle: info }', 'log.levle: is not a known key; did you mean "level"?'],
    ['__proto__: { xmpp: 1 }', '__proto__: this key is not allowed'],
    ['log: { __proto__: 1 }', 'log.__proto__: this key is not allowed'],
    ['constructor: 1', `constructor: is not a known key; ${KNOWN}`],
    ['log: { level: info, level: warn }', 'log.level: is written twice, here and in line 1'],
    ['"a\\nb:1 x": 1', `"a\\nb:1 x": is not a known key; ${KNOWN}`],
    [`? [a]\n: 1`, '?: a key must be plain text'],
  ])('%s', async (text, line) => {
    expect((await problems(`${text}\n${GOOD}`))[0]).toBe(`c.yaml:1 ${line}`);
  });

  it('are never polluting', async () => {
    await problems(`__proto__: { polluted: yes }\nlog: { __proto__: { polluted: yes } }\n${GOOD}`);
    expect({}).not.toHaveProperty('polluted');
  });

  it('may be mistyped in a transport, in its own keys or in those that all have', async () => {
    const text =
      'transports:\n  i.example: { bridge: irc, secrte: x, any_servr: true, servers: { a.example: {\n    prot: 1 } } }\n';
    expect(await problems(text)).toEqual([
      'c.yaml:2 transports.i.example.secret: is missing',
      'c.yaml:2 transports.i.example.secrte: is not a known key; did you mean "secret"?',
      'c.yaml:2 transports.i.example.any_servr: is not a known key; did you mean "any_server"?',
      'c.yaml:3 transports.i.example.servers.a.example.prot: is not a known key; did you mean "port"?',
    ]);
  });

  it.each([
    ['prot', 'port'],
    ['hots', 'host'],
    ['registr', 'register'],
    ['banana', undefined],
    ['x'.repeat(100_000), undefined],
  ])('%.20s is close to %s', (name, known) => {
    expect(closest(name, ['port', 'host', 'register'])).toBe(known);
  });
});

describe('values', () => {
  it.each([
    ['xmpp: 5347', 'xmpp: must be a mapping of keys to values'],
    ['xmpp: { port: "5347" }', 'xmpp.port: must be a number, without quotes'],
    ['xmpp: { port: 0 }', 'xmpp.port: must be at least 1'],
    ['xmpp: { port: 70000 }', 'xmpp.port: must be at most 65535'],
    ['xmpp: { port: 53.5 }', 'xmpp.port: must be a whole number'],
    ['xmpp: { port: .inf }', 'xmpp.port: must be a number'],
    ['xmpp: { host: }', 'xmpp.host: has no value; it must be text'],
    ['xmpp: { host: a b }', 'xmpp.host: must be a host name or an IP address'],
    [
      'log: { level: inof }',
      'log.level: must be one of "debug", "info", "warn", "error", "silent"; did you mean "info"?',
    ],
    ['http: {}', 'http.listen: is missing'],
    ['http: { listen: 8480 }', 'http.listen: must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480'],
    ['http: { listen: ":8480" }', 'http.listen: must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480'],
    [
      'http: { listen: "::1:8480" }',
      'http.listen: must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480',
    ],
    ['http: { listen: "a:65536" }', 'http.listen: must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480'],
    [
      'http: { listen: "127.0.0.1:1", public_url: gw.example.org }',
      'http.public_url: must be an address such as https://gw.example.org',
    ],
    [
      'http: { listen: "127.0.0.1:1", public_url: "https://a:b@gw.example.org" }',
      'http.public_url: must be an address such as https://gw.example.org',
    ],
    ['media: {}', 'media: needs http.public_url, below which people fetch the files'],
    [
      'admin: { listen: "192.0.2.1:1" }',
      'admin.token: is missing; it may be left out only where "listen" is an address such as 127.0.0.1',
    ],
    [
      'admin: { listen: "[::]:1" }',
      'admin.token: is missing; it may be left out only where "listen" is an address such as 127.0.0.1',
    ],
    ['admin: { listen: "127.0.0.1:1", token: "" }', 'admin.token: must not be empty'],
    ['admins: admin@example.org', 'admins: must be a list, such as [one, two]'],
    ['admins: [admin@example.org/home]', 'admins.0: must be an address such as admin@example.org, without a resource'],
    [
      'access: { register: ["a b"] }',
      `access.register.0: must be a domain, an address such as friend@other.example, or '*' for everybody`,
    ],
    ['limits: { stanza_size: big }', 'limits.stanza_size: must be a size such as 256KiB, 50MB or a number of bytes'],
    ['limits: { stanza_size: 1GiB }', 'limits.stanza_size: must be from 10KB to 10MiB'],
    ['limits: { presence_window: never }', "limits.presence_window: must be 'off' or a duration between 1s and 1h"],
    ['limits: { presence_window: 2h }', "limits.presence_window: must be 'off' or a duration between 1s and 1h"],
    ['limits: { reconnect_min: 10m }', 'limits.reconnect_max: must not be less than reconnect_min'],
    ['limits: { xmpp_cap: 2MiB }', 'limits.xmpp_cap: must be more than xmpp_high_water'],
  ])('%s', async (text, line) => {
    expect(await problems(`${text}\n${GOOD}`)).toEqual([`c.yaml:1 ${line}`]);
  });

  it.each(['{ max_size: 600MB }', '{ quota: 11GB }'])('of media: %s', async (sizes) => {
    const text = `http: { listen: "127.0.0.1:1", public_url: "https://gw.example.org/" }\nmedia: ${sizes}\n`;
    expect(await problems(text + GOOD)).toEqual([
      'c.yaml:2 media.quota: must not be less than max_size, nor more than total',
    ]);
  });

  it('are checked against one another even where others are wrong', async () => {
    const text =
      'limits:\n  depth: 1.5e3\n  reconnect_min: 10m\nhttp: { listen: "localhost:80" }\nadmin: { listen: "localhost:80" }\nxmmp: 1\n';
    expect(await problems(text + GOOD)).toEqual([
      'c.yaml:1 limits.reconnect_max: must not be less than reconnect_min',
      'c.yaml:2 limits.depth: must be at most 1000',
      'c.yaml:5 admin.listen: must not be the same as http.listen',
      'c.yaml:6 xmmp: is not a known key; did you mean "xmpp"?',
    ]);
  });
});

describe('transports', () => {
  it.each([
    ['log: {}', 'c.yaml:1 transports: is missing'],
    ['transports: {}', 'c.yaml:1 transports: must hold at least one transport'],
    ['transports: [irc]', 'c.yaml:1 transports: must be a mapping of keys to values'],
    [
      'transports:\n  a.example: irc',
      'c.yaml:2 transports.a.example: must be a mapping with "bridge", "secret" and the settings of the bridge',
    ],
    ['transports:\n  a.example: { secret: x }', 'c.yaml:2 transports.a.example.bridge: is missing'],
    [
      'transports:\n  a.example: { bridge: ircc, secret: x }',
      'c.yaml:2 transports.a.example.bridge: there is no bridge "ircc"; did you mean "irc"?',
    ],
    [
      'transports:\n  a.example: { bridge: ../cli, secret: x }',
      'c.yaml:2 transports.a.example.bridge: there is no bridge "../cli"; there are: email, irc, matrix, sms',
    ],
    [
      GOOD.replace('irc.example.org', 'IRC.example.org'),
      'c.yaml:2 transports.IRC.example.org: must be a host name in lower case, such as irc.example.org',
    ],
    [
      GOOD.replace('irc.example.org', '"a b"'),
      'c.yaml:2 transports."a b": must be a host name in lower case, such as irc.example.org',
    ],
  ])('%s', async (text, line) => {
    expect(await problems(text)).toEqual([line]);
  });

  it('are found by their kind alone', async () => {
    expect(await bridgeKinds()).toContain('irc');
    expect((await findBridge('irc'))?.kind).toBe('irc');
    expect(await findBridge('none')).toBeUndefined();
    expect(await findBridge('../src')).toBeUndefined();
  });
});

describe('the example', () => {
  it('is the committed file', async () => {
    const committed = readFileSync(new URL('../config.example.yaml', import.meta.url), 'utf8');
    expect(await exampleConfig(), 'render it anew: isthmus example-config > config.example.yaml').toBe(committed);
  });

  it('is good once its secrets are there, but for the listener that a network of it needs', async () => {
    for (const [, name = ''] of (await exampleConfig()).matchAll(/env: (\w+)/g)) vi.stubEnv(name, `hush ${name}`);
    expect(await problems(await exampleConfig())).toEqual([
      expect.stringMatching(/ http: is missing: transports\.matrix\.example\.org cannot be reached from its network/),
    ]);
  });

  it('is good where its commented sections are opened as well', async () => {
    for (const [, name = ''] of (await exampleConfig()).matchAll(/env: (\w+)/g)) vi.stubEnv(name, `hush ${name}`);
    const opened = (await exampleConfig())
      .replaceAll(/^# (?=(?:http|media|admin|limits|log):| {2})/gm, '')
      .replace('# public_url', 'public_url');
    expect(opened).toContain('\nlimits:\n  stanza_size: 256KiB');
    expect(await problems(opened)).toEqual([]);
  });
});

describe('small readers', () => {
  it.each([
    ['256KiB', 262_144],
    ['50MB', 50_000_000],
    ['1.5 kB', 1500],
    [10, 10],
    ['10', 10],
    ['-1', undefined],
    ['1TB', undefined],
    ['', undefined],
    ['9'.repeat(30), undefined],
  ])('%s is %s bytes', (text, size) => {
    expect(bytes(text)).toBe(size);
  });

  it.each(['example.org', 'localhost', 'bücher.example', 'xn--bcher-kva.example', '1.example'])(
    '%s is a host name',
    (name) => {
      expect(isHostName(name)).toBe(true);
    },
  );

  it.each(['', '.', 'a..b', '-a.example', 'a_b', 'a b', 'a/b', 'a@b', 'a:1', `${'a'.repeat(64)}.example`, 'a\nb'])(
    '%j is none',
    (name) => {
      expect(isHostName(name)).toBe(false);
    },
  );

  it('knows which listeners only this machine can reach', () => {
    const only = ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '0.0.0.0', '::', '192.0.2.1', 'gw.example'];
    expect(only.filter((host) => isLoopback({ host, port: 1 }))).toEqual([
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      'localhost',
    ]);
  });
});
