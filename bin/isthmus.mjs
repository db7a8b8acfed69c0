#!/usr/bin/env node
// Plain JavaScript that an old Node understands, so that it can look for a newer one or say what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;

/**
 * V8 gives short-lived objects up to 96 MB, and glibc each thread an arena of its own: for 1,000 users that is 90 MB that
 * they do not need, at no gain in speed (docs/performance.md). With the second one garbage can be collected while nothing
 * goes on (src/process/idle-collection.ts), with the third one the authorities of this machine are trusted, not only those
 * that came with Node. All have to be known before the process starts.
 */
const OPTIONS = ['--max-semi-space-size=4', '--expose-gc', '--use-system-ca'];
const ARENAS = { MALLOC_ARENA_MAX: '2' };

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  slimDown();
  // The compiler between the quick and the good one leaves holes of 10 MB behind, and messages cost no less with it. Unlike
  // an option, a flag that a later V8 does not know is no reason not to start.
  setFlagsFromString('--no-maglev');
  // The built package holds JavaScript, a checkout the sources.
  const built = new URL('../dist/src/main.js', import.meta.url);
  await import(existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href);
} else {
  const node = installedNode();
  if (node) runWith(node);
  else complain();
}

/** Begins anew as the same process with less to spare, unless somebody has decided that already or it cannot be done. */
function slimDown() {
  const decided = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => option.includes('semi-space'));
  if (decided || process.platform === 'win32' || typeof process.execve !== 'function') return;
  const args = [process.execPath, ...process.execArgv, ...OPTIONS, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...ARENAS, ...process.env });
}

/** The Node that npm installed as an optional dependency, where there is one for this machine. */
function installedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const node = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Runs the same command with another Node, and ends as it ends. */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // Ctrl-C reaches every process of the terminal by itself, and a second one would cut the stop short.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
    process.removeAllListeners();
  });
}

function complain() {
  process.stderr.write(`isthmus: Node ${NEEDED} or newer is needed, this is ${process.versions.node}\n`);
  process.exitCode = 1;
}
