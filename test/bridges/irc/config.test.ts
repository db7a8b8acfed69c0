import { describe, expect, it } from 'vitest';
import { config, entryOf } from '#bridges/irc/config.ts';

const problems = (value: unknown) =>
  config.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the settings of an IRC transport', () => {
  it('have defaults that are safe', () => {
    expect(config.parse({ servers: { 'irc.example': null, plain: { tls: false } } })).toEqual({
      servers: {
        'irc.example': {
          ports: [6697],
          tls: true,
          verify: true,
          insecure_login: false,
          throttle: { burst: 10, per_second: 1 },
          charset: 'windows-1252',
        },
        plain: {
          ports: [6667],
          tls: false,
          verify: true,
          insecure_login: false,
          throttle: { burst: 10, per_second: 1 },
          charset: 'windows-1252',
        },
      },
      any_server: false,
      fixed_server: null,
      idle_time: 0,
      realname: 'Isthmus user',
      realname_from_jid: false,
      realname_customization: true,
      ping_time: 60_000,
      netsplit_time: 30_000,
      queued_lines: 500,
      connect_timeout: 30_000,
    });
  });

  it.each([
    [{}, 'servers: lists no server, and any_server is off'],
    [{ servers: { a: {}, A: {} } }, 'servers: names a twice'],
    [{ servers: { 'a b': {} } }, 'servers.a b: '],
    [{ servers: { a: { port: 70_000 } } }, 'servers.a.port: '],
    [{ servers: { a: { charset: 'klingon' } } }, 'servers.a.charset: must be a character set such as windows-1252'],
    [{ servers: { a: { pin: 'abc' } } }, 'servers.a.pin: '],
    [{ servers: { a: { throttle: 'on' } } }, "servers.a.throttle: must be 'off' or { burst, per_second }"],
    [{ servers: { a: { sasl: 1 } } }, 'servers.a: Unrecognized key: "sasl"'],
    [{ servers: { a: {} }, fixed_server: 'b' }, 'fixed_server: is not listed under servers: b'],
    [{ servers: { a: {} }, outgoing_address: 'host' }, 'outgoing_address: must be an IP address'],
    [{ servers: { a: {} }, connect_timeout: 'soon' }, 'connect_timeout: must be a duration'],
    [{ servers: { a: {} }, connect_timeout: '1h' }, 'connect_timeout: must be between 1s and 10m'],
    [{ servers: { a: {} }, realname: 'a\nb' }, 'realname: must be a line of text'],
  ])('%j is refused', (value, problem) => {
    const [first, ...others] = problems(value);
    expect(first?.startsWith(problem) ? problem : first).toBe(problem);
    expect(others).toEqual([]);
  });

  it('a server is found by name in any case, or made up where users choose', () => {
    const listed = config.parse({ servers: { 'Irc.Example': { host: '192.0.2.1' } } });
    expect(entryOf(listed, 'irc.example')).toMatchObject({ listed: true, entry: { hosts: ['192.0.2.1'] } });
    expect(entryOf(listed, 'other')).toBeUndefined();
    expect(entryOf(listed, '__proto__')).toBeUndefined();
    const free = config.parse({ any_server: true });
    expect(entryOf(free, 'other')).toMatchObject({
      listed: false,
      entry: { hosts: ['other'], ports: [6697], tls: true, verify: true },
    });
  });
});
