import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRoot, pathOf } from './available.ts';
import { type RunningServer, run } from './running.ts';

export interface InspircdOptions {
  /** The server's own name, `irc.test` when not given. */
  readonly serverName?: string;
  readonly network?: string;
  /** Adds `ports.tls` with a self-signed certificate for 127.0.0.1, localhost and the server's name. */
  readonly tls?: boolean;
  /** More modules to load, by name. */
  readonly modules?: readonly string[];
  /** The message of the day, one element a line. */
  readonly motd?: readonly string[];
  /** What clients may do, as attributes of their `connect` tag; nearly everything when not given. */
  readonly limits?: string;
  /** Tags of configuration at the end. */
  readonly extra?: string;
  readonly ports?: Partial<InspircdPorts>;
  /** A folder to use and keep; a temporary one otherwise. */
  readonly dir?: string;
}

export type InspircdPorts = Record<'plain' | 'tls', number>;
/** A running InspIRCd. The tls port answers only with `tls`; then its certificate is `cert.pem` in its folder. */
export type RunningInspircd = RunningServer<InspircdPorts>;

// A name that does not exist makes InspIRCd 3 exit.
const modules = [
  'cap ircv3 ircv3_batch ircv3_capnotify ircv3_chghost ircv3_echomessage ircv3_invitenotify ircv3_labeledresponse',
  'ircv3_msgid ircv3_servertime ircv3_ctctags ircv3_accounttag monitor namesx uhnames setname botmode chghost',
];

/** Starts a real InspIRCd on 127.0.0.1 with IRCv3 and without throttles. About 0.1 s, with TLS a little more. */
export async function startInspircd(options: InspircdOptions = {}): Promise<RunningInspircd> {
  const path = pathOf('inspircd');
  return run<keyof InspircdPorts>({
    name: 'inspircd',
    portNames: ['plain', 'tls'],
    ports: options.ports,
    dir: options.dir,
    prepare: async (dir, ports) => {
      const file = join(dir, 'inspircd.conf');
      if (options.tls) await writeCertificate(dir, options.serverName ?? 'irc.test');
      await writeFile(join(dir, 'motd'), (options.motd ?? ['Welcome.']).join('\n'));
      await writeFile(file, configuration(dir, ports, options));
      const args = [...(isRoot() ? ['--runasroot'] : []), '--nofork', `--config=${file}`];
      const opened = options.tls ? [ports.plain, ports.tls] : [ports.plain];
      const ready = ['InspIRCd is now running as'];
      return { path, args, ports: opened, ready, portTaken: /listeners failed to bind/ };
    },
  });
}

const UNLIMITED = `hardsendq="4M" softsendq="1M" recvq="1M" threshold="1000"
 commandrate="1000000" fakelag="no" localmax="1000" globalmax="1000" maxchans="500"`;

function configuration(dir: string, ports: InspircdPorts, options: InspircdOptions): string {
  const { serverName = 'irc.test', network = 'TestNet', tls = false } = options;
  const loaded = [...modules.join(' ').split(' '), ...(options.modules ?? [])];
  const secure = `<bind address="127.0.0.1" port="${ports.tls}" type="clients" ssl="gnutls">
<module name="ssl_gnutls">
<sslprofile name="gnutls" provider="gnutls" certfile="${dir}/cert.pem" keyfile="${dir}/key.pem">`;
  return `<config format="xml">
<server name="${serverName}" description="Isthmus" network="${network}" id="001">
<admin name="admin" nick="admin" email="admin@localhost">
<bind address="127.0.0.1" port="${ports.plain}" type="clients">
${tls ? secure : ''}
<connect name="main" allow="*" timeout="30" pingfreq="2m" resolvehostnames="no" useident="no"
 ${options.limits ?? UNLIMITED}>
<performance softlimit="12800" clonesonconnect="no">
<options defaultbind="ipv4">
<files motd="${dir}/motd">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="${dir}/inspircd.log">
<pid file="${dir}/inspircd.pid">
${loaded.map((name) => `<module name="${name}">`).join('\n')}
${options.extra ?? ''}
`;
}

/** Writes a new self-signed certificate and its key into the folder of a server. */
export async function writeCertificate(dir: string, serverName: string): Promise<void> {
  const names = `subjectAltName=DNS:localhost,DNS:${serverName},IP:127.0.0.1`;
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, 'key.pem')];
  const certificate = ['-x509', '-days', '30', '-subj', `/CN=${serverName}`, '-addext', names];
  await promisify(execFile)('openssl', ['req', ...key, ...certificate, '-out', join(dir, 'cert.pem')]);
}
