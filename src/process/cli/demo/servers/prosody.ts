import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRoot, pathOf } from './available.ts';
import { writeCertificate } from './inspircd.ts';
import { type RunningServer, run } from './running.ts';

export interface ProsodyOptions {
  /** Component domains and their secrets (XEP-0114). */
  readonly domains?: Readonly<Record<string, string>>;
  /** Accounts of the virtual host: the part before the @, and the password. */
  readonly users?: Readonly<Record<string, string>>;
  /** The virtual host, `localhost` when not given. */
  readonly host?: string;
  /** Adds BOSH (`/http-bind`) and WebSocket (`/xmpp-websocket`) on `ports.http`. */
  readonly http?: boolean;
  /** More modules to load, by name. */
  readonly modules?: readonly string[];
  /** Modules that are left out although they are usual, by name. */
  readonly without?: readonly string[];
  /** The largest stanza that a client may send, in bytes; 256 KiB when not given. */
  readonly stanzaSize?: number;
  /** Component domains with every right of XEP-0356 (prosody-modules); without the list its module is not loaded. */
  readonly privileged?: readonly string[];
  /** Makes the program in the server's folder and resolves with its path; the installed one otherwise. */
  readonly program?: (dir: string) => Promise<string>;
  /** Connections to and from other servers; none otherwise. */
  readonly s2s?: ServerToServer | undefined;
  /** Lines of configuration for the virtual host and its components, in the place of those that follow from the options. */
  readonly hosts?: string;
  /** Adds an upload service (XEP-0363) `upload.` below the host, on `ports.http`; needs `http`. */
  readonly upload?: boolean;
  /** Lines of configuration at the end, such as `Component "muc.localhost" "muc"`. */
  readonly extra?: string;
  readonly ports?: Partial<ProsodyPorts>;
  /** A folder to use and keep; a temporary one otherwise. */
  readonly dir?: string;
}

/** How a server and others reach each other, all of them on 127.0.0.1 with self-signed certificates and dialback. */
export interface ServerToServer {
  /** Where the server of each other domain is found: its port. Domains that are not here lead nowhere. */
  readonly peers: Readonly<Record<string, number>>;
  /** How long a connection may take until it is given up, in seconds. */
  readonly timeout: number;
}

export type ProsodyPorts = Record<'c2s' | 'component' | 'http' | 's2s', number>;
/** A running Prosody. The component port answers only with `domains`, the http port only with `http`. */
export type RunningProsody = RunningServer<ProsodyPorts>;

const modules = [
  'roster saslauth disco presence message iq pep private vcard_legacy ping carbons smacks mam blocklist offline',
  'csi_simple bookmarks',
];

const everyRight = `{ roster = "both", message = "outgoing", presence = "managed_entity", iq = {
  ["http://jabber.org/protocol/pubsub"] = "both", ["http://jabber.org/protocol/pubsub#owner"] = "set",
  ["urn:xmpp:blocking"] = "get", ["urn:xmpp:http:upload:0"] = "get" } }`;

/** Starts a real Prosody on 127.0.0.1: no TLS for clients, passwords in the clear. About 0.5 s. */
export async function startProsody(options: ProsodyOptions = {}): Promise<RunningProsody> {
  const installed = options.program ?? (async () => pathOf('prosody'));
  return run<keyof ProsodyPorts>({
    name: 'prosody',
    portNames: ['c2s', 'component', 'http', 's2s'],
    ports: options.ports,
    dir: options.dir,
    prepare: async (dir, ports) => {
      const path = await installed(dir);
      const file = join(dir, 'prosody.cfg.lua');
      await writeFile(file, configuration(dir, ports, options));
      await writeAccounts(dir, options);
      if (options.s2s) await writeServerToServer(dir, options.s2s, options.host);
      const opened = [
        ports.c2s,
        ...(options.hosts !== undefined || Object.keys(options.domains ?? {}).length > 0 ? [ports.component] : []),
        ...(options.http ? [ports.http] : []),
        ...(options.s2s ? [ports.s2s] : []),
      ];
      const ready = opened.map((port) => `on [127.0.0.1]:${port}`);
      return { path, args: ['--config', file, '-F'], ports: opened, ready, portTaken: /Failed to open server port/ };
    },
  });
}

function configuration(dir: string, ports: ProsodyPorts, options: ProsodyOptions): string {
  const { host = 'localhost', http = false } = options;
  const privilege = options.privileged ? ['privilege'] : [];
  const more = [...(http ? ['bosh', 'websocket'] : []), ...privilege, ...(options.modules ?? [])];
  const all = [...modules.join(' ').split(' '), ...more, ...(options.s2s ? ['peers', 's2s', 'tls', 'dialback'] : [])];
  const enabled = all.filter((name) => !options.without?.includes(name));
  const components = Object.entries(options.domains ?? {}).map(
    ([domain, secret]) =>
      `Component ${lua(domain)}\n  component_secret = ${lua(secret)}\n  modules_enabled = { ${privilege.map(lua)} }`,
  );
  return `pidfile = ${lua(join(dir, 'prosody.pid'))}
data_path = ${lua(join(dir, 'data'))}
certificates = ${lua(dir)}
run_as_root = ${isRoot()}
log = { { levels = { min = "info" }, to = "console" } }
interfaces = { "127.0.0.1" }
c2s_ports = { ${ports.c2s} }
c2s_direct_tls_ports = {}
c2s_stanza_size_limit = ${options.stanzaSize ?? 256 * 1024}
s2s_ports = { ${options.s2s ? ports.s2s : ''} }
s2s_direct_tls_ports = {}
component_ports = { ${ports.component} }
component_interfaces = { "127.0.0.1" }
http_ports = { ${http ? ports.http : ''} }
https_ports = {}
http_interfaces = { "127.0.0.1" }
http_default_host = ${lua(host)}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
storage_archive_item_limit = 10000000
consider_websocket_secure = true
consider_bosh_secure = true
modules_enabled = { ${enabled.map(lua).join(', ')} }
${serverToServer(dir, options.s2s)}
privileged_entities = { ${(options.privileged ?? []).map((domain) => `[${lua(domain)}] = ${everyRight}`).join(', ')} }
${options.hosts ?? [`VirtualHost ${lua(host)}`, ...components].join('\n')}
${options.upload ? uploadService(ports, host) : ''}
${options.extra ?? ''}
`;
}

const uploadService = (
  ports: ProsodyPorts,
  host: string,
): string => `Component ${lua(`upload.${host}`)} "http_file_share"
  http_host = ${lua(host)}
  http_external_url = ${lua(`http://127.0.0.1:${ports.http}/`)}`;

/** Clients are offered no TLS: the certificate that is named for them does not exist. */
const serverToServer = (dir: string, s2s: ServerToServer | undefined): string =>
  s2s === undefined
    ? 'modules_disabled = { "s2s", "tls" }'
    : `plugin_paths = { ${lua(dir)} }
s2s_interfaces = { "127.0.0.1" }
s2s_require_encryption = true
s2s_secure_auth = false
s2s_timeout = ${s2s.timeout}
ssl = { certificate = ${lua(join(dir, 'cert.pem'))}; key = ${lua(join(dir, 'key.pem'))} }
c2s_ssl = { certificate = ${lua(join(dir, 'none.pem'))}; key = ${lua(join(dir, 'none.pem'))} }`;

/** A certificate, and a module that finds the other servers without asking for names. */
async function writeServerToServer(dir: string, { peers }: ServerToServer, host = 'localhost'): Promise<void> {
  await writeCertificate(dir, host);
  const ports = Object.entries(peers).map(([domain, port]) => `[${lua(domain)}] = ${port}`);
  await writeFile(
    join(dir, 'mod_peers.lua'),
    `module:set_global()
local ports = { ${ports.join(', ')} }
local function load(name)
  local found, mod = pcall(require, "prosody."..name)
  return found and mod or require(name)
end
local service, manual = load("net.resolvers.service"), load("net.resolvers.manual")
service.new = function (host, name, _, extra)
  local port = name == "xmpp-server" and ports[host]
  return manual.new(port and { { "tcp4", "127.0.0.1", port, extra } } or {}, "tcp", extra)
end
`,
  );
}

/** Accounts as Prosody's own storage keeps them: quicker than one prosodyctl process for each. */
async function writeAccounts(dir: string, { host = 'localhost', users = {} }: ProsodyOptions): Promise<void> {
  const folder = join(dir, 'data', fileName(host), 'accounts');
  await mkdir(folder, { recursive: true });
  for (const [user, password] of Object.entries(users))
    await writeFile(join(folder, `${fileName(user)}.dat`), `return { ["password"] = ${lua(password)} };\n`);
}

// util.datamanager: every byte that is neither letter nor digit is written as % and two hex digits.
function fileName(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => String.fromCharCode(byte))
    .map((c) => (/[A-Za-z0-9]/.test(c) ? c : `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`))
    .join('');
}

/** A Lua string literal. A double-quoted JSON string of printable characters is one. */
function lua(text: string): string {
  return JSON.stringify(text);
}
