// Prepares a checkout and runs one target: node bootstrap.mjs test|test:real|lint|check|demo|build|bench|crash [arguments]
//
// The scripts of package.json call it, with whatever Node the machine has (18 or newer): it installs the npm packages,
// among them the Node that everything runs on, and the Debian packages of the real servers that tests and demo start.
// The set-up stands here and not in a `pretest` script because npm skips those under `ignore-scripts`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUnpacked, unpackBackports } from './setup/backports.mjs';
import { installDebianPackages, isInstalled } from './setup/debian.mjs';
import { isStopping, passSignalsOn, phase, root, start } from './setup/process.mjs';
import { installSynapse, isSynapseInstalled } from './setup/synapse.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const lint = [
  [bin('biome'), 'ci', '.'],
  [bin('tsc'), '-p', '.'],
];

const tests = (project, args) => [bin('vitest'), 'run', '--project', project, ...args];

// What each target runs, one after the other, which Debian packages it wants, which servers from the backports, and whether Synapse.
const targets = {
  test: (args) => ({ runs: [tests('fast', args)], wants: ['postgresql'] }),
  'test:real': (args) => ({
    runs: [tests('real', args)],
    wants: everything,
    unpacked: ['prosody13', 'ejabberd24', 'hybrid', 'irc2'],
    synapse: true,
  }),
  lint: () => ({ runs: lint, wants: [] }),
  check: (args) => ({ runs: [...lint, tests('fast', args)], wants: ['postgresql'] }),
  demo: (args) => ({
    runs: [[join('src', 'main.ts'), 'demo', ...args]],
    wants: ['prosody', 'inspircd', ...(args.includes('--check') ? ['chromium'] : [])],
    must: true,
  }),
  build: (args) => ({ runs: [['build.mjs', ...args]], wants: [] }),
  crash: (args) => ({ runs: [[join('crash', 'run.ts'), ...args]], wants: ['postgresql'] }),
  bench: (args) => ({ runs: [[join('bench', 'run.ts'), ...args]], wants: ['biboumi'] }),
};
const everything = [
  'prosody',
  'prosody-modules',
  'ejabberd',
  'inspircd',
  'ngircd',
  'atheme-services',
  'znc',
  'biboumi',
  'python3-slixmpp',
  'chromium',
  'openssl',
  'postgresql',
  'postfix',
  'dovecot-core',
  'dovecot-imapd',
  'dovecot-lmtpd',
];

passSignalsOn();
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`bootstrap: ${error.message}`);
  return 1;
});

async function main([name, ...args]) {
  const target = Object.hasOwn(targets, name ?? '') ? targets[name] : undefined;
  if (!target) throw new Error(`usage: node bootstrap.mjs ${Object.keys(targets).join('|')} [arguments]`);
  await installNpmPackages();
  const { runs, wants, unpacked = [], synapse = false, must } = target(args);
  const missing = wants.filter((program) => !isInstalled(program));
  if (missing.length > 0) await attempt(() => installDebianPackages(missing), must);
  const absent = unpacked.filter((server) => !isUnpacked(server));
  if (absent.length > 0) await attempt(() => unpackBackports(absent), must);
  if (synapse && !isSynapseInstalled()) await attempt(installSynapse, must);
  const node = modernNode();
  for (const run of runs) {
    const code = isStopping() ? 130 : await start(node, run, { stdio: 'inherit' });
    if (code !== 0) return code;
  }
  return 0;
}

/** Says why a piece of work failed. Where its outcome must be there, and in CI, it throws. */
async function attempt(work, must) {
  try {
    await work();
  } catch (error) {
    if (must || process.env.CI || isStopping()) throw error;
    console.error(`bootstrap: ${error.message}\nWhat needs them is skipped.\n`);
  }
}

/** Runs `npm ci` unless node_modules holds what package-lock.json names. */
async function installNpmPackages() {
  if (isUpToDate()) return;
  await phase('Installing the npm packages (npm ci)', 'npm', ['ci', '--include=dev', '--include=optional']);
}

/** npm leaves a list of what it has installed in node_modules, last of all; an interrupted installation has none. */
function isUpToDate() {
  const list = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = read(join(root, 'package-lock.json'));
  const installed = read(list);
  const same = (path) =>
    wanted[path]?.version === installed[path]?.version && wanted[path]?.integrity === installed[path]?.integrity;
  // Optional packages for other platforms are wanted but not installed.
  const needed = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional);
  return Object.keys(installed).every(same) && needed.every(same);
}

/** The Node from the npm packages by its path, or the running one where npm has none for this platform. */
function modernNode() {
  if (existsSync(bin('node'))) return bin('node');
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `Isthmus needs Node 24 or newer. npm has none for ${process.platform}-${process.arch}, and this is ${process.version}.`,
  );
}
