// Servers that cannot be installed beside others: newer ones of Debian's backports, and IRC servers of which Debian takes only
// one at a time. Unpacked below .servers/ and not installed, so that all are there.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptOptions } from './debian.mjs';
import { phase, root } from './process.mjs';

const erlang = 'acme cache-tab eimp mqtree pkix stringprep stun tls utils xml xmpp yaml yconf zlib'.split(' ');

/** The servers, where each comes from, and what it needs that is not as new in what Debian has. */
const sourcesOf = {
  prosody13: { from: '-backports', packages: ['prosody', 'prosody-modules'] },
  ejabberd24: {
    from: '-backports',
    packages: ['ejabberd', 'erlang-jose', ...erlang.map((name) => `erlang-p1-${name}`)],
  },
  hybrid: { from: '', packages: ['ircd-hybrid'] },
  irc2: { from: '', packages: ['ircd-irc2'] },
};

const servers = join(root, '.servers');

/** Whether a server is unpacked. */
export const isUnpacked = (name) => existsSync(join(servers, name));

/** Downloads and unpacks servers. Needs no root. Throws where that fails. */
export async function unpackBackports(names) {
  const release = /^VERSION_CODENAME=(\w+)/m.exec(read('/etc/os-release'))?.[1];
  for (const from of ['-backports', '']) {
    const group = names.filter((name) => sourcesOf[name].from === from);
    if (group.length > 0) await unpackFrom(`${release}${from}`, group);
  }
}

async function unpackFrom(suite, names) {
  const apt = join(servers, 'apt');
  rmSync(apt, { recursive: true, force: true });
  try {
    const options = privateApt(apt, suite);
    // Where a source of somebody else does not have the suite, those of Debian are read all the same.
    await phase(`Reading the list of packages (${suite})`, 'apt-get', [...options, 'update']).catch((error) =>
      console.error(`  ${error.message}`),
    );
    for (const name of names) await unpack(name, suite, apt, options);
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

async function unpack(name, suite, apt, options) {
  const cwd = join(apt, name);
  mkdirSync(cwd);
  const packages = sourcesOf[name].packages.map((one) => `${one}/${suite}`);
  await phase(`Downloading ${name} (${suite})`, 'apt-get', [...options, 'download', ...packages], { cwd });
  const unpacked = join(apt, `${name}.unpacked`);
  const unpackAll = 'for file in *.deb; do dpkg -x "$file" "$0" || exit; done';
  await phase(`Unpacking ${name}`, 'sh', ['-c', unpackAll, unpacked], { cwd });
  // Last of all: what has its name is whole.
  renameSync(unpacked, join(servers, name));
}

/** A configuration of apt beside the machine's, with sources and lists of its own: the options that choose it. */
function privateApt(apt, suite) {
  const sources = join(apt, 'sources');
  for (const folder of [sources, join(apt, 'lists', 'partial'), join(apt, 'cache', 'archives', 'partial')])
    mkdirSync(folder, { recursive: true });
  const found = sourcesFor(suite);
  if (found.length === 0) throw new Error(`apt has no source of Debian from which ${suite} could be had`);
  for (const [index, { kind, text }] of found.entries()) writeFileSync(join(sources, `${index}.${kind}`), text);
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': sources,
    'Dir::State::Lists': join(apt, 'lists'),
    'Dir::Cache': join(apt, 'cache'),
    'Acquire::Languages': 'none',
    // The user to whom apt would change may not write here.
    'APT::Sandbox::User': 'root',
  };
  return [...aptOptions, ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

/** The machine's own sources of its release (sources.list(5), both formats), for another suite of the same archive. */
function sourcesFor(suite) {
  const release = suite.replace(/-backports$/, '');
  const etc = '/etc/apt';
  const parts = join(etc, 'sources.list.d');
  const files = [
    join(etc, 'sources.list'),
    ...(existsSync(parts) ? readdirSync(parts) : []).map((name) => join(parts, name)),
  ];
  return files.flatMap((file) => {
    const kind = file.split('.').at(-1);
    const text = read(file);
    if (kind === 'list') return ofLines(text, release, suite).map((line) => ({ kind, text: `${line}\n` }));
    return kind === 'sources' ? ofStanzas(text, release, suite).map((stanza) => ({ kind, text: `${stanza}\n` })) : [];
  });
}

function ofLines(text, release, suite) {
  const lines = text.matchAll(/^deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s.*\bmain\b/gm);
  return [...lines]
    .filter(([, , , of]) => of === release)
    .map(([, options = '', uri]) => `deb ${options}${uri} ${suite} main`);
}

function ofStanzas(text, release, suite) {
  const field = (name) => new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im');
  const words = (stanza, name) => field(name).exec(stanza)?.[1].trim().split(/\s+/) ?? [];
  return text
    .replace(/^#.*\n/gm, '')
    .split(/\n\s*\n/)
    .filter((stanza) => words(stanza, 'Suites').includes(release) && words(stanza, 'Components').includes('main'))
    .filter((stanza) => words(stanza, 'Types').includes('deb') && words(stanza, 'Enabled')[0] !== 'no')
    .map((stanza) =>
      [
        ['Types', 'deb'],
        ['Suites', suite],
        ['Components', 'main'],
      ].reduce((changed, [name, value]) => changed.replace(field(name), `${name}: ${value}`), stanza.trim()),
    );
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
