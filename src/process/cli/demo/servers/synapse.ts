import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCertificate } from './inspircd.ts';
import { type RunningServer, run } from './running.ts';

/** The virtual environment that `npm run test:real` makes in a checkout. */
const environment = fileURLToPath(new URL('../../../../../.servers/synapse', import.meta.url));

export const hasSynapse = (): boolean => existsSync(join(environment, 'installed.txt'));

/** The name of a homeserver that knows no other one. */
export const HOMESERVER = 'hs.localhost';

export interface SynapseOptions {
  /** Registrations of application services, as their files have them. */
  readonly services?: readonly object[];
  /** Settings of homeserver.yaml beside ours, or instead of them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The port of 127.0.0.1 on which other homeservers find it; without one it knows none. */
  readonly federation?: number;
}

export interface RunningSynapse extends RunningServer<Record<'http', number>> {
  readonly url: string;
  /** Behind the colon of its users. */
  readonly name: string;
  /** Registers a user with the shared secret, and resolves with their id. */
  register(user: string, password: string): Promise<string>;
}

const SECRET = 'registration';

/** What a homeserver is called that others find on a port of 127.0.0.1. */
export const federatedName = (port: number): string => `localhost:${port}`;

/** Starts a real Synapse on 127.0.0.1 with SQLite. */
export async function startSynapse(options: SynapseOptions = {}): Promise<RunningSynapse> {
  const { services = [], settings = {}, federation } = options;
  const name = federation === undefined ? HOMESERVER : federatedName(federation);
  const server = await run<'http'>({
    name: 'synapse',
    portNames: ['http'],
    prepare: async (dir, ports) => {
      const files = services.map((_, index) => join(dir, `service-${index}.yaml`));
      // JSON is YAML.
      const write = (file: string, content: object) => writeFile(file, JSON.stringify(content));
      for (const [index, service] of services.entries()) await write(files[index] ?? '', service);
      await write(join(dir, 'log.yaml'), LOG);
      await writeFile(join(dir, 'signing.key'), `ed25519 a_test ${base64(randomBytes(32))}\n`);
      if (federation !== undefined) await writeCertificate(dir, 'localhost');
      const others = federation === undefined ? ALONE : federating(dir, federation);
      const listeners = [listener(ports.http, 'client', false), ...others.listeners];
      const own = { ...homeserver(dir, name, ports.http), ...others, listeners, app_service_config_files: files };
      await write(join(dir, 'homeserver.yaml'), { ...own, ...settings });
      return {
        path: join(environment, 'bin', 'python'),
        args: ['-m', 'synapse.app.homeserver', '--config-path', join(dir, 'homeserver.yaml')],
        ports: [ports.http, ...(federation === undefined ? [] : [federation])],
        ready: ['Synapse now listening on TCP port'],
        portTaken: /CannotListenError|Address already in use/,
      };
    },
  });
  const url = `http://127.0.0.1:${server.ports.http}`;
  return { ...server, url, name, register: (user, password) => register(url, user, password) };
}

/** https://element-hq.github.io/synapse/latest/admin_api/register_api.html */
async function register(url: string, username: string, password: string): Promise<string> {
  const path = `${url}/_synapse/admin/v1/register`;
  const { nonce } = (await (await fetch(path)).json()) as { nonce: string };
  const signed = [nonce, username, password, 'notadmin'].join('\0');
  const mac = createHmac('sha1', SECRET).update(signed).digest('hex');
  const body = JSON.stringify({ nonce, username, password, admin: false, mac });
  const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { user_id: id } = (await answer.json()) as { user_id?: string };
  if (id === undefined) throw new Error(`${username} could not be registered: ${answer.status}`);
  return id;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

const MANY = { per_second: 1000, burst_count: 1000 };

const homeserver = (dir: string, name: string, port: number) => ({
  server_name: name,
  public_baseurl: `http://127.0.0.1:${port}/`,
  pid_file: join(dir, 'homeserver.pid'),
  database: { name: 'sqlite3', args: { database: join(dir, 'homeserver.db') } },
  log_config: join(dir, 'log.yaml'),
  media_store_path: join(dir, 'media'),
  signing_key_path: join(dir, 'signing.key'),
  registration_shared_secret: SECRET,
  macaroon_secret_key: 'macaroon',
  form_secret: 'form',
  report_stats: false,
  trusted_key_servers: [],
  suppress_key_server_warning: true,
  rc_message: MANY,
  rc_registration: MANY,
  rc_joins: { local: MANY, remote: MANY },
  rc_joins_per_room: MANY,
  rc_invites: { per_room: MANY, per_user: MANY, per_issuer: MANY },
  rc_room_creation: MANY,
  rc_login: { address: MANY, account: MANY, failed_attempts: MANY },
  rc_presence: { per_user: MANY },
});

const listener = (port: number, name: string, tls: boolean) => ({
  ...{ port, tls, type: 'http', bind_addresses: ['127.0.0.1'] },
  resources: [{ names: [name], compress: false }],
});

/** Of one that knows no other. */
const ALONE = { listeners: [], federation_domain_whitelist: [] };

/** Of one whose federation is on this machine. One that has been away is tried again at once. */
const federating = (dir: string, port: number) => ({
  listeners: [listener(port, 'federation', true)],
  tls_certificate_path: join(dir, 'cert.pem'),
  tls_private_key_path: join(dir, 'key.pem'),
  federation_verify_certificates: false,
  ip_range_blacklist: [],
  federation: {
    max_short_retries: 1,
    max_long_retry_delay: '1s',
    destination_min_retry_interval: '1s',
    destination_max_retry_interval: '1s',
  },
});

const LOG = {
  version: 1,
  formatters: { short: { format: '%(levelname)s %(name)s %(message)s' } },
  handlers: { console: { class: 'logging.StreamHandler', formatter: 'short' } },
  root: { level: 'INFO', handlers: ['console'] },
  disable_existing_loggers: false,
};
