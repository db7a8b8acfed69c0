import { describe, expect, it } from 'vitest';
import { folder, isthmus } from './isthmus.ts';

const TEN_MISTAKES = `xmpp:
  host: xmpp server
  port: "5347"
http:
  lisen: 127.0.0.1:8480
admin:
  listen: 0.0.0.0:8481
admins: [admin]
limits:
  stop_time: soon
transports:
  irc.example.org:
    bridge: irc
    secret: { env: ISTHMUS_TEST_UNSET }
    servers:
      irc.libera.chat:
        tls: yes
  chat.example.org:
    bridge: ircc
    secret: hush
`;

const TEN_LINES = `c.yaml:2 xmpp.host: must be a host name or an IP address
c.yaml:3 xmpp.port: must be a number, without quotes
c.yaml:4 http.listen: is missing
c.yaml:5 http.lisen: is not a known key; did you mean "listen"?
c.yaml:6 admin.token: is missing; it may be left out only where "listen" is an address such as 127.0.0.1
c.yaml:8 admins.0: must be an address such as admin@example.org, without a resource
c.yaml:10 limits.stop_time: must be a duration such as 90s, 5m, 2h or 30d, or a number of seconds
c.yaml:14 transports.irc.example.org.secret: the environment variable ISTHMUS_TEST_UNSET is not set
c.yaml:17 transports.irc.example.org.servers.irc.libera.chat.tls: must be true or false
c.yaml:19 transports.chat.example.org.bridge: there is no bridge "ircc"; did you mean "irc"?
`;

const USAGE =
  /Usage: isthmus COMMAND\n\nCommands:\n {2}run \[--config FILE\] .*\n {2}check-config .*\n {2}example-config /;

describe('isthmus check-config', () => {
  it.each(['check-config', 'run'])('tells every problem at once, as %s does', async (command) => {
    using temporary = folder();
    temporary.file('c.yaml', TEN_MISTAKES);
    await using running = isthmus([command, '--config', 'c.yaml'], { cwd: temporary.path });
    expect(await running.ended).toEqual({ code: 78, out: '', err: TEN_LINES });
  });

  it('says so when there are none', async () => {
    using temporary = folder();
    temporary.file(
      'config.yaml',
      'transports: { irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }',
    );
    await using running = isthmus(['check-config'], { cwd: temporary.path });
    expect(await running.ended).toEqual({ code: 0, out: 'config.yaml: ok (1 transport)\n', err: '' });
  });

  it('looks for config.yaml when no file is named', async () => {
    using temporary = folder();
    await using running = isthmus(['check-config'], { cwd: temporary.path });
    const err = 'config.yaml:1 (file): cannot be read: there is no such file\n';
    expect(await running.ended).toEqual({ code: 78, out: '', err });
  });
});

describe('isthmus', () => {
  it('prints its version', async () => {
    await using running = isthmus(['--version']);
    expect(await running.ended).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
  });

  it.each([
    ['run', '[--config FILE]', 'start the gateway'],
    ['backup', 'FILE [--config FILE]', 'copy the store'],
    ['example-config', '', 'print a config file'],
  ])('explains what %s takes, also where that was not understood', async (name, options, summary) => {
    const usage = `Usage: isthmus ${name} ${options}`.trimEnd();
    await using running = isthmus([name, '--help']);
    expect(await running.ended).toEqual({ code: 0, out: expect.stringContaining(`${usage}\n\n${summary}`), err: '' });
    await using mistaken = isthmus([name, '--verbose']);
    const { code, err } = await mistaken.ended;
    expect([code, err]).toEqual([1, expect.stringContaining(usage)]);
  });

  it.each([[['--help']], [['help']]])('explains itself: %j', async (args) => {
    await using running = isthmus(args);
    expect(await running.ended).toEqual({ code: 0, out: expect.stringMatching(USAGE), err: '' });
  });

  it.each([
    [[], 'a command is missing'],
    [['runn'], 'there is no command "runn"'],
    [['--verbose'], 'there is no command "--verbose"'],
    [['run', '--verbose'], "Unknown option '--verbose'"],
    [['run', '--config'], "Option '--config <value>' argument missing"],
    [['check-config', 'c.yaml'], "Unexpected argument 'c.yaml'"],
    [['example-config', '--config', 'c.yaml'], "Unknown option '--config'"],
  ])('refuses %j', async (args, why) => {
    await using running = isthmus(args);
    const { code, out, err } = await running.ended;
    expect([code, out, err.split('\n')[0]]).toEqual([1, '', `isthmus: ${why}`]);
    expect(err).toContain('\n\nUsage: isthmus ');
  });
});
