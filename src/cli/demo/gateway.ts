import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, renderProblem } from '#src/config.ts';
import { startGateway } from '#src/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';

/** Where the servers of the demo are, and who may use the gateway. */
export interface GatewaySettings {
  /** The component domain and its secret. */
  readonly domain: string;
  readonly secret: string;
  readonly componentPort: number;
  /** The name of the IRC server in addresses, and its port on 127.0.0.1. */
  readonly ircServer: string;
  readonly ircPort: number;
  /** The domain whose users may use the gateway. */
  readonly users: string;
}

/** Starts a gateway with these settings, resolves once it is online, and stops it when disposed of. */
export type RunGateway = (settings: GatewaySettings) => Promise<AsyncDisposable>;

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
    return {
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

function configOf({ domain, secret, componentPort, ircServer, ircPort, users }: GatewaySettings) {
  const server = { host: '127.0.0.1', port: ircPort, tls: false, throttle: 'off' };
  return {
    xmpp: { host: '127.0.0.1', port: componentPort },
    access: { register: [users] },
    transports: { [domain]: { bridge: 'irc', secret, servers: { [ircServer]: server } } },
  };
}
