import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type DemoPhones, demoPhones } from '#bridges/sms/provider/demo.ts';
import { loadConfig, renderProblem } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';

/** Where the servers of the demo are, and who may use the gateway. */
export interface GatewaySettings {
  /** The component domain of IRC, and that of SMS. They have one secret. */
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
    const kept = { store: `sqlite:${join(dir, 'store.db')}`, key: { file: join(dir, 'isthmus.key') } };
    await writeFile(file, stringify({ ...kept, ...configOf(settings) }), { mode: 0o600 });
    const loaded = await loadConfig(file);
    if ('problems' in loaded) throw new Error(loaded.problems.map((found) => renderProblem(file, found)).join('\n'));
    const gateway = await startGateway(loaded.config, { log: openLog('warn'), metrics: openMetrics() });
    await gateway.online();
    const phones = demoPhones(settings.smsDomain);
    if (!phones) throw new Error('the SMS transport has no phones');
    return {
      phones,
      [Symbol.asyncDispose]: async () => {
        await gateway.stop();
        await removeDir();
      },
    };
  } catch (error) {
    await removeDir();
    throw error;
  }
};

function configOf(settings: GatewaySettings) {
  const { domain, smsDomain, secret, componentPort, ircServer, ircPort, users, ourNumber, owner } = settings;
  const server = { host: '127.0.0.1', port: ircPort, tls: false, throttle: 'off' };
  return {
    xmpp: { host: '127.0.0.1', port: componentPort },
    access: { register: [users] },
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
    },
  };
}
