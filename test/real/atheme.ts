import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type InspircdOptions, type RunningInspircd, startInspircd } from '#src/process/cli/demo/servers/inspircd.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { ircClient } from './irc.ts';

const PASSWORD = 'linked';
const SERVER = 'irc.test';
const SERVICES = 'services.test';

const modules = [
  'protocol/inspircd backend/opensex crypto/pbkdf2v2 operserv/main',
  'nickserv/main nickserv/register nickserv/identify nickserv/info nickserv/ghost saslserv/main saslserv/plain',
  'chanserv/main chanserv/register chanserv/op',
];

/** An InspIRCd with the services of Atheme: NickServ, ChanServ and SASL. Resolves when NickServ is there. */
export async function startInspircdWithServices({
  tls = false,
}: Pick<InspircdOptions, 'tls'> = {}): Promise<RunningInspircd> {
  const [link = 0] = await freePorts(1);
  const stack = new AsyncDisposableStack();
  const ircd = stack.use(
    await startInspircd({
      serverName: SERVER,
      tls,
      modules: ['spanningtree', 'services_account', 'sasl', 'sajoin', 'deaf', 'svshold', 'hidechans', 'servprotect'],
      extra: `<bind address="127.0.0.1" port="${link}" type="servers">
<link name="${SERVICES}" ipaddr="127.0.0.1" port="${link}" allowmask="127.0.0.0/8" sendpass="${PASSWORD}" recvpass="${PASSWORD}">
<uline server="${SERVICES}" silent="yes">
<sasl target="${SERVICES}">`,
    }),
  );
  stack.use(await startAtheme(link));
  await linked(ircd.ports.plain);
  const resources = stack.move();
  return { ...ircd, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function startAtheme(link: number): Promise<RunningServer<Record<never, number>>> {
  const path = pathOf('atheme-services');
  return run<never>({
    name: 'atheme-services',
    portNames: [],
    prepare: async (dir) => {
      const file = join(dir, 'atheme.conf');
      await writeFile(file, configuration(link));
      const args = ['-n', '-c', file, '-D', dir, '-p', join(dir, 'pid'), '-l', join(dir, 'log')];
      return { path, args, ports: [], ready: [], portTaken: /(?!)/ };
    },
  });
}

/** Resolves when the services have joined the network (IRCv3 MONITOR). */
async function linked(port: number): Promise<void> {
  await using irc = await ircClient({ port, nick: 'waiting' });
  irc.send('MONITOR + NickServ');
  await irc.next(({ command }) => command === '730', 'NickServ');
}

const service = (kind: string, name: string): string =>
  `${kind} { nick = "${name}"; user = "${name}"; host = "${SERVICES}"; real = "${name}"; };`;

function configuration(link: number): string {
  return `${modules
    .flatMap((line) => line.split(' '))
    .map((name) => `loadmodule "modules/${name}";`)
    .join('\n')}
serverinfo { name = "${SERVICES}"; desc = "Services"; numeric = "00A"; recontime = 1; netname = "TestNet";
 adminname = "a"; adminemail = "a@example.org"; registeremail = "a@example.org"; hidden; mta = "/bin/true";
 loglevel = { error; info; network; }; maxlogins = 100; maxusers = 100; maxnicks = 100; maxchans = 100; auth = none;
 casemapping = rfc1459; };
uplink "${SERVER}" { host = "127.0.0.1"; port = ${link}; send_password = "${PASSWORD}"; receive_password = "${PASSWORD}"; };
${service('nickserv', 'NickServ')}
${service('saslserv', 'SaslServ')}
${service('chanserv', 'ChanServ')}
${service('operserv', 'OperServ')}
general { helpchan = "#help"; commit_interval = 5; };
`;
}
