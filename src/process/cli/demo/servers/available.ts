import { existsSync, readdirSync } from 'node:fs';

/** The real programs the demo and the tests start, by the name of their Debian package. */
export type Program =
  | 'prosody'
  | 'prosody-modules'
  | 'ejabberd'
  | 'inspircd'
  | 'ngircd'
  | 'atheme-services'
  | 'znc'
  | 'biboumi'
  | 'python3-slixmpp'
  | 'chromium'
  | 'postgresql'
  | 'postfix'
  | 'dovecot-core'
  | 'dovecot-imapd'
  | 'dovecot-lmtpd';

// The folders for administrators are not on every user's PATH, so they are searched by name.
const folders = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

/** Where Debian puts what is a library, or has its program under another name. */
const elsewhere: Partial<Record<Program, string>> = {
  'python3-slixmpp': '/usr/lib/python3/dist-packages/slixmpp',
  'prosody-modules': '/usr/lib/prosody/modules/mod_privilege',
  ejabberd: '/usr/sbin/ejabberdctl',
  'dovecot-core': '/usr/sbin/dovecot',
  'dovecot-imapd': '/usr/lib/dovecot/imap',
  'dovecot-lmtpd': '/usr/lib/dovecot/lmtp',
};

/** The program's path, or undefined when it is not installed. */
function find(name: Program): string | undefined {
  if (name === 'postgresql') return findPostgres();
  const path = elsewhere[name];
  if (path !== undefined) return existsSync(path) ? path : undefined;
  const onPath = (process.env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return [...folders, ...onPath].map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** Debian keeps PostgreSQL's programs away from PATH, in a folder for each version. */
function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => `${root}/${version}/bin/postgres`).find((path) => existsSync(path));
}

/** Why the program cannot be started here, in one sentence; undefined when it can. */
export function unavailable(name: Program): string | undefined {
  return find(name) === undefined ? `${name} is not installed (sudo apt-get install ${name})` : undefined;
}

/** The program's path. Throws an Error with the sentence of `unavailable` when it is not installed. */
export function pathOf(name: Program): string {
  const path = find(name);
  if (path === undefined) throw new Error(unavailable(name));
  return path;
}

/** True where programs must be told that they may run as root: InspIRCd minds root's group as well. */
export function isRoot(): boolean {
  return process.getuid?.() === 0 || process.getgid?.() === 0;
}
