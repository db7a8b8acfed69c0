import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';

/** Debian's user `mail`, whose mailboxes they are. */
const MAIL = 8;

export type RunningDovecot = RunningServer<Record<'imap' | 'lmtp' | 'auth', number>>;

/** Starts a real Dovecot on 127.0.0.1: IMAP and LMTP, logins of other servers (`auth`), the password `pw` for anybody, and 100 kilobytes for each mailbox. */
export function startDovecot(): Promise<RunningDovecot> {
  const path = pathOf('dovecot-core');
  return run<'imap' | 'lmtp' | 'auth'>({
    name: 'dovecot',
    portNames: ['imap', 'lmtp', 'auth'],
    prepare: async (dir, ports) => {
      await chmod(dir, 0o755);
      await mkdir(join(dir, 'mail'), { recursive: true });
      await chown(join(dir, 'mail'), MAIL, MAIL);
      const file = join(dir, 'dovecot.conf');
      await writeFile(file, configuration(dir, ports));
      return {
        path,
        args: ['-F', '-c', file],
        ports: [ports.imap, ports.lmtp, ports.auth],
        ready: [],
        portTaken: /already in use/,
      };
    },
  });
}

const configuration = (dir: string, { imap, lmtp, auth }: Record<'imap' | 'lmtp' | 'auth', number>): string => `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
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
  driver = static
  args = password=pw
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
    port = 0
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
