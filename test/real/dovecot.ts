import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../fakes/certificate.ts';

/** Debian's user `mail`, whose mailboxes they are. */
const MAIL = 8;

type Port = 'imap' | 'imaps' | 'lmtp' | 'auth';

export type RunningDovecot = RunningServer<Record<Port, number>>;

export type DovecotOptions = {
  /** With the certificate of `test/fakes/certificate.ts`, and no password without it. */
  readonly tls?: boolean;
  /** Where it asks whose a token is (RFC 7662): the token goes behind it. Then nobody has a password. */
  readonly introspection?: string;
};

/** Starts a real Dovecot on 127.0.0.1: IMAP (with TLS from the beginning on `imaps`) and LMTP, logins of other servers (`auth`), the password `pw` for anybody, and 100 kilobytes for each mailbox. */
export function startDovecot(options: DovecotOptions = {}): Promise<RunningDovecot> {
  const path = pathOf('dovecot-core');
  return run<Port>({
    name: 'dovecot',
    portNames: ['imap', 'imaps', 'lmtp', 'auth'],
    prepare: async (dir, ports) => {
      await chmod(dir, 0o755);
      await mkdir(join(dir, 'mail'), { recursive: true });
      await chown(join(dir, 'mail'), MAIL, MAIL);
      const file = join(dir, 'dovecot.conf');
      await writeFile(file, configuration(dir, ports, options));
      await writeFile(join(dir, 'cert.pem'), CERTIFICATE);
      await writeFile(join(dir, 'key.pem'), PRIVATE_KEY, { mode: 0o600 });
      await writeFile(join(dir, 'oauth2.conf'), tokens(options.introspection ?? ''));
      return {
        path,
        args: ['-F', '-c', file],
        ports: [ports.imap, ports.lmtp, ports.auth, ...(options.tls ? [ports.imaps] : [])],
        ready: [],
        portTaken: /already in use/,
      };
    },
  });
}

/** Its own words for what RFC 7662 answers. */
const tokens = (introspection: string): string => `
introspection_mode = get
introspection_url = ${introspection}
active_attribute = active
active_value = true
username_attribute = username
`;

const configuration = (
  dir: string,
  { imap, imaps, lmtp, auth }: Record<Port, number>,
  { tls = false, introspection }: DovecotOptions,
): string => `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
${tls ? `ssl = required\nssl_cert = <${dir}/cert.pem\nssl_key = <${dir}/key.pem` : 'ssl = no'}
disable_plaintext_auth = ${tls ? 'yes' : 'no'}
auth_mechanisms = ${introspection === undefined ? 'plain' : 'xoauth2 oauthbearer'}
mail_location = maildir:${dir}/mail/%n
mail_uid = mail
mail_gid = mail
first_valid_uid = 8
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=100K
  quota_grace = 0
}
passdb {
${introspection === undefined ? '  driver = static\n  args = password=pw' : `  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${dir}/oauth2.conf`}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${dir}/mail/%n allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${tls ? imaps : 0}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtp}
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${auth}
  }
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
auth_username_format = %n
recipient_delimiter = +
`;
