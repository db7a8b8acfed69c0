// Prepares a checkout and runs one target: node bootstrap.mjs test|lint|check|demo|build|bench|crash [arguments]
//
// The scripts of package.json call it, with whatever Node the machine has (18 or newer): it installs the npm packages,
// among them the Node that everything runs on, and the Debian packages of the real servers that tests and demo start.
// The set-up stands here and not in a `pretest` script because npm skips those under `ignore-scripts`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const lint = [
  [bin('biome'), 'ci', '.'],
  [bin('tsc'), '-p', '.'],
];

// What each target runs, one after the other, and which Debian packages it wants.
const targets = {
  test: (args) => ({ runs: [[bin('vitest'), 'run', ...args]], wants: everything }),
  lint: () => ({ runs: lint, wants: [] }),
  check: (args) => ({ runs: [...lint, [bin('vitest'), 'run', ...args]], wants: everything }),
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
  'inspircd',
  'ngircd',
  'atheme-services',
  'python3-slixmpp',
  'chromium',
  'openssl',
  'postgresql',
];

/** The child that runs at present: signals are passed on to it. */
let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // On a terminal Ctrl-C has reached the child already, and a second one means something else to many programs.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child?.kill(signal);
    stopping = true;
  });
}
let stopping = false;

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`bootstrap: ${error.message}`);
  return 1;
});

async function main([name, ...args]) {
  const target = Object.hasOwn(targets, name ?? '') ? targets[name] : undefined;
  if (!target) throw new Error(`usage: node bootstrap.mjs ${Object.keys(targets).join('|')} [arguments]`);
  await installNpmPackages();
  const { runs, wants, must } = target(args);
  const missing = wants.filter((program) => !isInstalled(program));
  if (missing.length > 0) await installDebianPackages(missing, Boolean(must || process.env.CI));
  const node = modernNode();
  for (const run of runs) {
    const code = stopping ? 130 : await start(node, run, { stdio: 'inherit' });
    if (code !== 0) return code;
  }
  return 0;
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

function isInstalled(program) {
  // Debian keeps PostgreSQL's programs away from PATH, in a folder for each version.
  if (program === 'postgresql') {
    const versions = '/usr/lib/postgresql';
    const folders = existsSync(versions) ? readdirSync(versions) : [];
    return folders.some((version) => existsSync(join(versions, version, 'bin', 'initdb')));
  }
  if (program === 'python3-slixmpp') return existsSync('/usr/lib/python3/dist-packages/slixmpp');
  const folders = [
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
    '/opt/homebrew/sbin',
  ];
  const onPath = (process.env.PATH ?? '').split(delimiter);
  return [...folders, ...onPath].some((folder) => existsSync(join(folder, program)));
}

/** Installs with apt-get as root; else says what to run. Throws where the programs must be there. */
async function installDebianPackages(packages, must) {
  const names = packages.join(' ');
  try {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
      throw new Error(`not installed: ${names}. Please run:\n  sudo apt-get install --no-install-recommends ${names}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const options = ['-q', '-o', 'Acquire::Retries=3', '-o', 'DPkg::Lock::Timeout=120', '-o', 'APT::Status-Fd=3'];
    await phase('Reading the list of Debian packages', 'apt-get', [...options, 'update'], env);
    await withoutServices(() =>
      phase(
        `Installing ${names}`,
        'apt-get',
        [...options, 'install', '-y', '--no-install-recommends', ...packages],
        env,
      ),
    );
  } catch (error) {
    if (must || stopping) throw error;
    console.error(`bootstrap: ${error.message}\nWhat needs them is skipped.\n`);
  }
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

/** Runs a command with its output kept for the case that it fails, and a line about its progress every few seconds. */
async function phase(title, command, args, env = {}) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  let output = '';
  let percent = '';
  console.log(`${title} ...`);
  const ticker = setInterval(() => console.log(`  ${seconds()}${percent}`), 5000);
  const onChild = ({ stdio }) => {
    for (const stream of [stdio[1], stdio[2]]) stream.on('data', (chunk) => (output = (output + chunk).slice(-20_000)));
    // apt's progress, such as pmstatus:prosody:42.8571:Installing prosody
    stdio[3].on('data', (chunk) => {
      const found = /^(dl|pm)status:.*?:([\d.]+):/m.exec(String(chunk));
      if (found) percent = `, ${found[1] === 'dl' ? 'downloaded' : 'installed'} ${Math.round(Number(found[2]))} %`;
    });
  };
  try {
    const code = await start(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env, onChild, system: true });
    if (code !== 0) throw new Error(`${command} has failed with exit code ${code}:\n${output.trim()}`);
  } finally {
    clearInterval(ticker);
  }
  console.log(`  done in ${seconds()}`);
}

/** The Node from the npm packages by its path, or the running one where npm has none for this platform. */
function modernNode() {
  if (existsSync(bin('node'))) return bin('node');
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `Isthmus needs Node 24 or newer. npm has none for ${process.platform}-${process.arch}, and this is ${process.version}.`,
  );
}

/** Spawns and resolves with the exit code, 128 + number where a signal ended it. Our own Node comes first on its PATH. */
function start(command, args, { stdio, env = {}, onChild, system = false }) {
  const own = join(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== own);
  // npm itself must not run on the Node that it is about to replace.
  const PATH = (system ? path : [own, ...path]).join(delimiter);
  return new Promise((resolve, reject) => {
    child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env, PATH } });
    onChild?.(child);
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      child = undefined;
      resolve(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
    });
  });
}
