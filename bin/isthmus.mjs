#!/usr/bin/env node
// Plain JavaScript that an old Node understands, so that it can look for a newer one or say what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  // The built package holds JavaScript, a checkout the sources.
  const built = new URL('../dist/src/main.js', import.meta.url);
  await import(existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href);
} else {
  const node = installedNode();
  if (node) runWith(node);
  else complain();
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
