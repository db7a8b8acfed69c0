import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../fakes/certificate.ts';

/** Where Debian has its programs. */
const DAEMONS = '/usr/lib/postfix/sbin';

export type RunningPostfix = RunningServer<Record<'smtp' | 'smtps', number>> & {
  /** Tries at once what waits. */
  flush(): Promise<void>;
};

export type PostfixOptions = {
  /** Mailboxes `NAME@peer.test`, and the LMTP port of the server that has them. */
  readonly mailboxes: readonly string[];
  readonly lmtp: number;
  /** Where mail for a domain goes, as Postfix has it: `lmtp:inet:127.0.0.1:2527`. */
  readonly relayed: Readonly<Record<string, string>>;
  /** The port of a Dovecot that knows passwords: people may log in here. */
  readonly sasl?: number;
  /** With the certificate of `test/fakes/certificate.ts`: nobody logs in without it, and on `smtps` it is there from the beginning. */
  readonly tls?: boolean;
  /** It asks whoever has a mailbox before it takes a mail, as `bridges/email/README.md` has it. */
  readonly verifies?: boolean;
};

/** Starts a real Postfix on 127.0.0.1 that takes all from this machine: the smarthost, and the server of `peer.test`. */
export async function startPostfix(options: PostfixOptions): Promise<RunningPostfix> {
  const path = pathOf('postfix');
  const server = await run<'smtp' | 'smtps'>({
    name: 'postfix',
    portNames: ['smtp', 'smtps'],
    prepare: async (dir, ports) => {
      await chmod(dir, 0o755);
      await mkdir(join(dir, 'queue'), { recursive: true });
      await mkdir(join(dir, 'data'), { recursive: true });
      const { uid, gid } = await stat('/var/lib/postfix');
      await chown(join(dir, 'data'), uid, gid);
      await writeFile(join(dir, 'main.cf'), main(dir, options));
      await writeFile(join(dir, 'master.cf'), await master(ports, options));
      await writeFile(join(dir, 'cert.pem'), CERTIFICATE);
      await writeFile(join(dir, 'key.pem'), PRIVATE_KEY, { mode: 0o600 });
      // It makes the folders of the queue.
      await promisify(execFile)(path, ['-c', dir, 'check']);
      const args = ['-c', dir, '-d'];
      return { path: `${DAEMONS}/master`, args, ports: [ports.smtp], ready: [], portTaken: /Address already in use/ };
    },
  });
  return {
    ...server,
    flush: async () => void (await promisify(execFile)(path, ['-c', server.dir, 'flush'])),
    async [Symbol.asyncDispose]() {
      // Its children end with their master.
      await server.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The packaged one, without chroot, and with our port in the place of 25. */
async function master({ smtp, smtps }: Record<'smtp' | 'smtps', number>, { tls }: PostfixOptions): Promise<string> {
  const packaged = await readFile('/usr/share/postfix/master.cf.dist', 'utf8').catch(() =>
    readFile('/etc/postfix/master.cf', 'utf8'),
  );
  const secret = `127.0.0.1:${smtps} inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n`;
  const services = packaged
    .replace(/^(\S+\s+(?:inet|unix|fifo|pass)\s+\S+\s+\S+\s+)[y-]/gm, '$1n')
    .replace(/^smtp(\s+inet\s)/m, `127.0.0.1:${smtp}$1`);
  return tls ? `${services}\n${secret}` : services;
}

const saslOf = (port: number): string => `
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${port}
smtpd_sasl_security_options = noanonymous
smtpd_sasl_authenticated_header = yes
`;

const tlsOf = (dir: string): string => `
smtpd_tls_cert_file = ${dir}/cert.pem
smtpd_tls_key_file = ${dir}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
`;

const VERIFYING = `
smtpd_recipient_restrictions = reject_unverified_recipient
unverified_recipient_reject_code = 550
address_verify_sender = <>
address_verify_poll_delay = 1s
`;

const main = (dir: string, { mailboxes, lmtp, relayed, sasl, tls, verifies }: PostfixOptions): string => `
compatibility_level = 3.7
queue_directory = ${dir}/queue
data_directory = ${dir}/data
command_directory = /usr/sbin
daemon_directory = ${DAEMONS}
mail_owner = postfix
myhostname = mx.peer.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = ${dir}/log
maillog_file_prefixes = ${dir}
local_recipient_maps =
alias_maps =
relay_domains = ${Object.keys(relayed).join(' ')}
transport_maps = inline:{ ${Object.entries(relayed)
  .map(([domain, to]) => `{ ${domain} = ${to} }`)
  .join(' ')} }
virtual_mailbox_domains = peer.test
virtual_mailbox_maps = inline:{ ${mailboxes.map((name) => `{ ${name}@peer.test = ${name} }`).join(' ')} }
virtual_transport = lmtp:inet:127.0.0.1:${lmtp}
recipient_delimiter = +
smtputf8_enable = yes
smtpd_relay_restrictions = permit_mynetworks,reject
smtp_dns_support_level = disabled
message_size_limit = 5000000
disable_dns_lookups = yes
lmtp_assume_final = yes
${tls ? tlsOf(dir) : ''}
${verifies ? VERIFYING : ''}
${sasl === undefined ? '' : saslOf(sasl)}`;
