import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type DemoPhones, demoPhones } from '#bridges/sms/provider/demo.ts';
import { type Config, loadConfig, renderProblem } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { startWeb } from '#src/web/listeners.ts';
import { openSite } from '#src/web/site.ts';

/** Where the servers of the demo are, and who may use the gateway. */
export interface GatewaySettings {
  /** The component domain of IRC, and that of SMS. They have one secret, and so has that of email. */
  readonly domain: string;
  readonly smsDomain: string;
  readonly secret: string;
  readonly componentPort: number;
  /** The name of the IRC server in addresses, and its port on 127.0.0.1. */
  readonly ircServer: string;
  readonly ircPort: number;
  /** The domain whose users may use the gateway. */
  readonly users: string;
  /** The number from which texts go, and the user who gets what a phone writes first. */
  readonly ourNumber: string;
  readonly owner: string;
  readonly mail?: MailSettings;
  readonly matrix?: MatrixSettings | undefined;
}

/** The homeserver that knows the gateway by these tokens; it calls at `webPort` of the mail. */
export interface MatrixSettings {
  readonly transport: string;
  readonly url: string;
  readonly name: string;
  readonly asToken: string;
  readonly hsToken: string;
}

/** How mail goes out and comes in; all ports are on 127.0.0.1. */
export interface MailSettings {
  readonly transport: string;
  /** The domain of the users' mail addresses. */
  readonly domain: string;
  readonly smtpPort: number;
  readonly lmtpPort: number;
  /** The mail server that is believed when it says who has sent a mail. */
  readonly server: string;
  readonly dnsPort: number;
  /** Where files of mails are fetched. */
  readonly webPort: number;
}

/** A gateway that is online, and the phones that its SMS transport reaches. */
export interface RunningGateway extends AsyncDisposable {
  readonly phones: DemoPhones;
}

/** Starts a gateway with these settings, resolves once it is online, and stops it when disposed of. */
export type RunGateway = (settings: GatewaySettings) => Promise<RunningGateway>;

/** Isthmus itself, in this process, from a config file as an operator would write it. Logs warnings and errors. */
export const runIsthmus: RunGateway = async (settings) => {
  const dir = await mkdtemp(join(tmpdir(), 'isthmus-demo-'));
  const removeDir = () => rm(dir, { recursive: true, force: true });
  const file = join(dir, 'config.yaml');
  try {
    const kept = {
      store: `sqlite:${join(dir, 'store.db')}`,
      key: { file: join(dir, 'isthmus.key') },
      ...(settings.mail && { media: { dir: join(dir, 'media') } }),
    };
    await writeFile(file, stringify({ ...kept, ...configOf(settings) }), { mode: 0o600 });
    const loaded = await loadConfig(file);
    if ('problems' in loaded) throw new Error(loaded.problems.map((found) => renderProblem(file, found)).join('\n'));
    const gateway = await startSite(loaded.config);
    const phones = demoPhones(settings.smsDomain);
    if (!phones) throw new Error('the SMS transport has no phones');
    return {
      phones,
      [Symbol.asyncDispose]: async () => {
        await gateway[Symbol.asyncDispose]();
        await removeDir();
      },
    };
  } catch (error) {
    await removeDir();
    throw error;
  }
};

/** The gateway with its web listener, as `isthmus run` has it. Resolves once it is online. */
async function startSite(config: Config): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { log, metrics } = { log: openLog('warn'), metrics: openMetrics() };
  const { http } = config;
  const site = openSite({ publicUrl: http?.public_url, clock: systemClock, metrics });
  const readiness = () => ({ ready: false, transports: {} });
  if (http) stack.use(await startWeb({ http, admin: undefined, site, log, registry: metrics.registry, readiness }));
  const gateway = stack.use(await startGateway(config, { log, metrics, site }));
  await gateway.online();
  return stack.move();
}

function configOf(settings: GatewaySettings) {
  const { domain, smsDomain, secret, componentPort, ircServer, ircPort, users, ourNumber, owner, mail, matrix } =
    settings;
  const server = { host: '127.0.0.1', port: ircPort, tls: false, throttle: 'off', connect_pace: 0 };
  const web = mail && `127.0.0.1:${mail.webPort}`;
  return {
    xmpp: { host: '127.0.0.1', port: componentPort },
    access: { register: [users] },
    ...(web && { http: { listen: web, public_url: `http://${web}` } }),
    transports: {
      [domain]: { bridge: 'irc', secret, servers: { [ircServer]: server } },
      [smsDomain]: {
        bridge: 'sms',
        secret,
        provider: { kind: 'demo', numbers: [ourNumber] },
        countries: ['US'],
        country: 'US',
        owners: { [ourNumber]: { user: owner } },
      },
      ...(mail && { [mail.transport]: { secret, ...mailTransport(mail) } }),
      ...(matrix && { [matrix.transport]: { secret, ...matrixTransport(matrix) } }),
    },
  };
}

function mailTransport({ domain, smtpPort, lmtpPort, server, dnsPort }: MailSettings) {
  return {
    bridge: 'email',
    domain,
    outgoing: { host: '127.0.0.1', port: smtpPort, tls: 'off' },
    incoming: { lmtp: `127.0.0.1:${lmtpPort}` },
    authserv: [server],
    dns: `127.0.0.1:${dnsPort}`,
  };
}

const matrixTransport = ({ url, name, asToken, hsToken }: MatrixSettings) => ({
  bridge: 'matrix',
  homeserver: { url, name },
  appservice: { as_token: asToken, hs_token: hsToken },
});
