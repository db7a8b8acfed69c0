// Child processes of the set-up: one at a time, with our own Node on their PATH, and ended with us.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The child that runs at present: signals are passed on to it. */
let child;
let stopping = false;

/** Whether a signal has told us to end. */
export const isStopping = () => stopping;

/** Passes the signals that end a program on to the child that runs. */
export function passSignalsOn() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // On a terminal Ctrl-C has reached the child already, and a second one means something else to many programs.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child?.kill(signal);
      stopping = true;
    });
  }
}

/** Runs a command with its output kept for the case that it fails, and a line about its progress every few seconds. */
export async function phase(title, command, args, { env = {}, cwd = root } = {}) {
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
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
    const code = await start(command, args, { stdio, env, cwd, onChild, system: true });
    if (code !== 0) throw new Error(`${command} has failed with exit code ${code}:\n${output.trim()}`);
  } finally {
    clearInterval(ticker);
  }
  console.log(`  done in ${seconds()}`);
}

/** Spawns and resolves with the exit code, 128 + number where a signal ended it. Our own Node comes first on its PATH. */
export function start(command, args, { stdio, env = {}, cwd = root, onChild, system = false }) {
  const own = join(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== own);
  // npm itself must not run on the Node that it is about to replace.
  const PATH = (system ? path : [own, ...path]).join(delimiter);
  return new Promise((resolve, reject) => {
    child = spawn(command, args, { cwd, stdio, env: { ...process.env, ...env, PATH } });
    onChild?.(child);
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      child = undefined;
      resolve(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
    });
  });
}
