import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { writeCertificate } from '#src/process/cli/demo/servers/inspircd.ts';
import type { ServerToServer } from '#src/process/cli/demo/servers/prosody.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { type NameServer, startNameServer } from '../fakes/name-server.ts';

export interface EjabberdOptions {
  /** Component domains and their secrets (XEP-0114): all in one listener. */
  readonly domains?: Readonly<Record<string, string>>;
  /** The virtual host, `localhost` when not given. */
  readonly host?: string;
  /** Connections to and from other servers; none otherwise. */
  readonly s2s?: ServerToServer | undefined;
  /** Accounts of the virtual host: the part before the @, and the password. */
  readonly users?: Readonly<Record<string, string>>;
  /** Whether stanzas for one domain of the listener go to the connections of all of them: true, as ejabberd comes. */
  readonly globalRoutes?: boolean;
  /** Component domains with every right of XEP-0356; without the list mod_privilege is not loaded. */
  readonly privileged?: readonly string[];
  /** Adds BOSH (`/http-bind`) and WebSocket (`/xmpp-websocket`) on `ports.http`. */
  readonly http?: boolean;
  /** Adds an upload service (XEP-0363) `upload.` below the host, on `ports.http`; needs `http`. */
  readonly upload?: boolean;
  /** The largest stanza that a client may send, in bytes; 256 KiB when not given. */
  readonly stanzaSize?: number;
  /** What its configuration has besides: lists are put behind those that follow from the options, and one listener is the component's. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The folder into which its packages were unpacked; the installed ejabberd when not given. */
  readonly unpacked?: string;
}

export type EjabberdPorts = Record<'c2s' | 'component' | 'http' | 's2s', number>;
export type RunningEjabberd = RunningServer<EjabberdPorts>;

/** The last that it writes as it starts. */
const READY = 'The accounts are there.';

/** Starts a real ejabberd on 127.0.0.1: no TLS for clients, no Erlang distribution. About 2 s. */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<RunningEjabberd> {
  pathOf('ejabberd');
  const { domains = {}, users = {}, host = 'localhost', http = false, s2s, settings, unpacked = '/' } = options;
  await using stack = new AsyncDisposableStack();
  const names = s2s && stack.use(await startNameServer(s2s.peers));
  const running = await run<keyof EjabberdPorts>({
    name: 'ejabberd',
    portNames: ['c2s', 'component', 'http', 's2s'],
    prepare: async (dir, ports) => {
      const file = join(dir, 'ejabberd.yml');
      await writeFile(file, stringify(merged(configuration(ports, dir, options), withPort(options.settings, ports))));
      if (names) await writeServerToServer(dir, names, host);
      const component = settings || Object.keys(domains).length > 0 ? [ports.component] : [];
      const opened = [ports.c2s, ...component, ...(http ? [ports.http] : []), ...(s2s ? [ports.s2s] : [])];
      return {
        // Not by ejabberdctl, which changes the user and wants a node name, and with it the daemon epmd.
        path: '/usr/bin/erl',
        args: ['-noinput', '-pa', ...codePath(unpacked), '-mnesia', 'dir', `"${join(dir, 'spool')}"`].concat(
          ['-s', 'ejabberd'],
          ['-eval', accounts(users, host)],
        ),
        env: {
          HOME: dir,
          ...(s2s && { ERL_INETRC: join(dir, 'inetrc') }),
          ERL_CRASH_DUMP_BYTES: '0',
          EJABBERD_CONFIG_PATH: file,
          EJABBERD_LOG_PATH: join(dir, 'ejabberd.log'),
        },
        ports: opened,
        ready: [...opened.map((port) => `TCP connections at 127.0.0.1:${port} `), READY],
        portTaken: /eaddrinuse|address already in use/i,
      };
    },
  });
  stack.use(running);
  const resources = stack.move();
  return { ...running, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** The folders of compiled modules of ejabberd and, where they were unpacked beside it, of its libraries. */
function codePath(root: string): string[] {
  const usrLib = join(root, 'usr/lib');
  const architectures = readdirSync(usrLib).filter((name) => name.endsWith('-linux-gnu'));
  const ejabberds = architectures.flatMap((name) =>
    readdirSync(join(usrLib, name))
      .filter((folder) => /^ejabberd-[\d.]+$/.test(folder))
      .map((folder) => join(usrLib, name, folder, 'ebin')),
  );
  const libraries = join(usrLib, 'erlang/lib');
  const beside = root === '/' ? [] : readdirSync(libraries).map((folder) => join(libraries, folder, 'ebin'));
  return [...ejabberds, ...beside];
}

/** Erlang that registers the accounts, or finds them registered after a restart. */
function accounts(users: Readonly<Record<string, string>>, host: string): string {
  const registrations = Object.entries(users).map(
    ([user, password]) => `ejabberd_auth:try_register(${binary(user)}, ${binary(host)}, ${binary(password)}), `,
  );
  return `${registrations.join('')}io:format("${READY}~n").`;
}

const binary = (text: string): string => `<<${[...Buffer.from(text)].join(',')}>>`;

/** Where names are asked for, and a certificate with its key. */
async function writeServerToServer(dir: string, names: NameServer, host: string): Promise<void> {
  await writeCertificate(dir, host);
  const read = (name: string) => readFile(join(dir, name), 'utf8');
  await writeFile(join(dir, 'both.pem'), (await read('cert.pem')) + (await read('key.pem')));
  await writeFile(
    join(dir, 'inetrc'),
    `{resolv_conf, ""}.\n{hosts_file, ""}.\n{lookup, [dns]}.\n{nameserver, {127,0,0,1}, ${names.port}}.\n`,
  );
}

function configuration(ports: EjabberdPorts, dir: string, options: EjabberdOptions): Settings {
  const { host = 'localhost', s2s } = options;
  const { domains = {}, globalRoutes = true, privileged, http = false, stanzaSize = 256 * 1024 } = options;
  const hosts = Object.fromEntries(Object.entries(domains).map(([domain, password]) => [domain, { password }]));
  const listener = (name: keyof EjabberdPorts, module: string, more: object) => ({
    port: ports[name],
    ip: '127.0.0.1',
    module,
    ...more,
  });
  const webSocket = {
    '/http-bind': 'mod_bosh',
    '/xmpp-websocket': 'ejabberd_http_ws',
    ...(options.upload && { '/upload': 'mod_http_upload' }),
  };
  return {
    hosts: [host],
    ...(s2s && {
      certfiles: [join(dir, 'both.pem')],
      s2s_use_starttls: 'required',
      s2s_timeout: s2s.timeout,
      s2s_dns_timeout: 1,
      s2s_dns_retries: 1,
      outgoing_s2s_families: ['ipv4'],
      outgoing_s2s_timeout: s2s.timeout,
    }),
    loglevel: 'info',
    auth_method: 'internal',
    listen: [
      listener('c2s', 'ejabberd_c2s', { max_stanza_size: stanzaSize, access: 'all', starttls: false }),
      ...(Object.keys(domains).length > 0
        ? [listener('component', 'ejabberd_service', { access: 'all', global_routes: globalRoutes, hosts })]
        : []),
      ...(s2s ? [listener('s2s', 'ejabberd_s2s_in', {})] : []),
      ...(http ? [listener('http', 'ejabberd_http', { request_handlers: webSocket })] : []),
    ],
    acl: { privileged: { server: privileged ?? [] } },
    access_rules: { privileged: { allow: 'privileged' } },
    modules: {
      mod_adhoc: {},
      mod_blocking: {},
      mod_bosh: {},
      mod_caps: {},
      mod_carboncopy: {},
      mod_disco: {},
      mod_last: {},
      mod_mam: {},
      mod_offline: {},
      mod_ping: {},
      mod_privacy: {},
      mod_pubsub: { plugins: ['flat', 'pep'], host: `pubsub.${host}` },
      mod_roster: {},
      ...(s2s && { mod_s2s_dialback: {} }),
      mod_vcard: {},
      ...(options.upload && {
        mod_http_upload: {
          docroot: join(dir, 'upload'),
          put_url: `http://127.0.0.1:${ports.http}/upload`,
          access: 'all',
        },
      }),
      ...(privileged ? { mod_privilege: everyRight(options.unpacked !== undefined) } : {}),
    },
  };
}

type Settings = Readonly<Record<string, unknown>>;
const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(base: Settings, more: Settings): Settings {
  const entries = Object.entries(more).map(([key, value]) => {
    const before = base[key];
    if (isSettings(before) && isSettings(value)) return [key, merged(before, value)];
    return [key, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

/** The listeners of an operator are on a port of ours. */
const withPort = (given: Settings = {}, ports: EjabberdPorts): Settings =>
  Array.isArray(given.listen)
    ? { ...given, listen: given.listen.map((one: Settings) => ({ ...one, port: ports.component })) }
    : given;

/** The permissions of mod_privilege; `iq` since ejabberd 24. */
const everyRight = (iq: boolean): object => ({
  roster: { both: 'privileged' },
  message: { outgoing: 'privileged' },
  presence: { managed_entity: 'privileged' },
  ...(iq && {
    iq: {
      'http://jabber.org/protocol/pubsub': { both: 'privileged' },
      'http://jabber.org/protocol/pubsub#owner': { set: 'privileged' },
      'urn:xmpp:blocking': { get: 'privileged' },
      'urn:xmpp:http:upload:0': { get: 'privileged' },
    },
  }),
});
