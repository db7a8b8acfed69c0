// The Debian packages of the real servers that tests, demo and bench start.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { phase } from './process.mjs';

const folders = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

/** Packages that are libraries, or whose program has another name. */
const elsewhere = {
  'python3-slixmpp': '/usr/lib/python3/dist-packages/slixmpp',
  'prosody-modules': '/usr/lib/prosody/modules/mod_privilege',
  ejabberd: '/usr/sbin/ejabberdctl',
  'dovecot-core': '/usr/sbin/dovecot',
  'dovecot-imapd': '/usr/lib/dovecot/imap',
  'dovecot-lmtpd': '/usr/lib/dovecot/lmtp',
};

/** What apt-get is told each time: patience, and where its progress goes. */
export const aptOptions = [
  '-q',
  ...['Acquire::Retries=3', 'DPkg::Lock::Timeout=120', 'APT::Status-Fd=3'].flatMap((option) => ['-o', option]),
];

/** Whether a package is there, by the program that it brings. */
export function isInstalled(name) {
  // Debian keeps PostgreSQL's programs away from PATH, in a folder for each version.
  if (name === 'postgresql') {
    const versions = '/usr/lib/postgresql';
    const found = existsSync(versions) ? readdirSync(versions) : [];
    return found.some((version) => existsSync(join(versions, version, 'bin', 'initdb')));
  }
  if (Object.hasOwn(elsewhere, name)) return existsSync(elsewhere[name]);
  const onPath = (process.env.PATH ?? '').split(delimiter);
  return [...folders, ...onPath].some((folder) => existsSync(join(folder, name)));
}

/** Installs packages with apt-get. Throws where that fails or we are not root, then with the command to run. */
export async function installDebianPackages(packages) {
  const names = packages.join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new Error(`not installed: ${names}. Please run:\n  sudo apt-get install --no-install-recommends ${names}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await phase('Reading the list of Debian packages', 'apt-get', [...aptOptions, 'update'], { env });
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  await withoutServices(() => phase(`Installing ${names}`, 'apt-get', [...aptOptions, ...install], { env }));
}

/** Debian starts a service as it installs it, unless this file forbids it. */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(policy, { force: true });
  }
}
