import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const ROOT = join(import.meta.dirname, '../../..');

/** A real process of ours, watched line by line. */
export type Running = AsyncDisposable & {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The first line of standard output, of those that come and those that came, that the pattern fits. */
  line(pattern: RegExp): Promise<string>;
  /** What it printed and how it ended, once it has. */
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
};

type How = {
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: readonly string[];
  readonly cwd?: string;
  readonly input?: string;
};

/** Starts `isthmus` with arguments, from the sources unless told otherwise. */
export function isthmus(args: readonly string[], { env, program, cwd = ROOT, input = '' }: How = {}): Running {
  const [file = '', ...rest] = program ?? [process.execPath, join(ROOT, 'src/main.ts')];
  const child = spawn(file, [...rest, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined).end(input);
  const text = { out: '', err: '' };
  const watchers = new Set<() => void>();
  const look = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.out += part;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.err += part;
  });
  const { promise: ended, resolve } = Promise.withResolvers<{ code: number | null; out: string; err: string }>();
  child.on('close', (code) => {
    resolve({ code, ...text });
    look();
  });
  const line = (pattern: RegExp) =>
    new Promise<string>((found, missing) => {
      const watcher = () => {
        const complete = text.out.split('\n').slice(0, -1);
        const hit = complete.find((each) => pattern.test(each));
        const over = child.exitCode !== null && child.stdout.readableEnded;
        if (hit === undefined && !over) return;
        watchers.delete(watcher);
        if (hit === undefined) missing(new Error(`no line like ${pattern} in:\n${text.out}${text.err}`));
        else found(hit);
      };
      watchers.add(watcher);
      watcher();
    });
  return {
    child,
    line,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A folder of its own that is gone afterwards. */
export function folder(): Disposable & {
  readonly path: string;
  file(name: string, text: string | Uint8Array): string;
} {
  const path = mkdtempSync(join(tmpdir(), 'isthmus-test-'));
  return {
    path,
    file(name, text) {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
