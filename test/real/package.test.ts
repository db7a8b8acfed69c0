import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder, isthmus } from '../process/cli/isthmus.ts';

const ROOT = join(import.meta.dirname, '../..');
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
const MINUTES = 60_000;

const site = folder();
const run = promisify(execFile);

/** Runs the installed program, in the folder of an operator. */
const installed = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  isthmus(args, { program: [join(site.path, 'node_modules/.bin/isthmus')], cwd: site.path, env: { PATH, ...env } });

/** The least that an XMPP server is to a component: it lets everybody in and answers every IQ with a result. */
async function server(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.setEncoding('utf8').on('data', (text: string) => answer(socket, text));
    // A stopping gateway may hang up at any time.
    socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** XEP-0114 §3, seen from the server. */
function answer(socket: Socket, text: string): void {
  if (/<stream:stream/.test(text)) {
    socket.write(
      `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='irc.example.org'>`,
    );
  }
  if (/<handshake/.test(text)) socket.write('<handshake/>');
  for (const [iq] of text.matchAll(/<iq [^>]*>/g)) {
    const value = (name: string) => new RegExp(` ${name}=["']([^"']*)`).exec(iq)?.[1] ?? '';
    socket.write(`<iq type='result' id='${value('id')}' from='${value('to')}' to='${value('from')}'/>`);
  }
  if (text.includes('</stream:stream>')) socket.end('</stream:stream>');
}

/** Builds a checkout, and installs what comes of it as an operator does, without a network. */
async function install(checkout: string, where: typeof site): Promise<void> {
  await run(process.execPath, ['build.mjs'], { cwd: checkout });
  where.file('package.json', '{ "private": true }');
  const archive = readdirSync(join(checkout, 'release')).find((name) => name.endsWith('.tgz')) ?? '';
  const cache = ['--cache', join(where.path, 'empty-cache')];
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...cache];
  await run('npm', ['install', join(checkout, 'release', archive), ...flags], {
    cwd: where.path,
    env: { ...process.env, PATH },
  });
}

/** What npm makes of a package in a folder of the checkout. */
function link(checkout: string, name: string, at: string): void {
  const path = join(checkout, 'node_modules', name);
  rmSync(path, { recursive: true, force: true });
  symlinkSync(join(checkout, at), path);
  const file = join(checkout, 'node_modules/.package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  lock.packages[`node_modules/${name}`] = { resolved: at, link: true };
  lock.packages[at] = { version: '1.0.1' };
  writeFileSync(file, JSON.stringify(lock));
}

/** The checkout with one more bridge: it has a worker, and two packages of its own, one in the place of a library's own. */
function checkoutWithProbe(to: string): void {
  for (const part of ['src', 'mappings', 'bridges', 'bin', 'build.mjs', 'config.example.yaml', 'README.md'])
    cpSync(join(ROOT, part), join(to, part), { recursive: true });
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules', name), join(to, 'node_modules', name));
  const lock = join(to, 'node_modules/.package-lock.json');
  rmSync(lock);
  cpSync(join(ROOT, 'node_modules/.package-lock.json'), lock);
  const write = (name: string, text: string) => {
    const file = join(to, 'bridges/probe', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write(
    'deep/probe.worker.ts',
    "import { parentPort } from 'node:worker_threads';\nimport { word } from 'probe-shim';\nparentPort?.postMessage(word());\n",
  );
  write(
    'index.ts',
    [
      "import { once } from 'node:events';",
      "import { Worker } from 'node:worker_threads';",
      'export async function asked(): Promise<string> {',
      "  const worker = new Worker(new URL(import.meta.resolve('#bridges/probe/deep/probe.worker.ts')));",
      "  return String((await once(worker, 'message'))[0]);",
      '}',
    ].join('\n'),
  );
  for (const name of ['probe-shim', 'isomorphic-textencoder']) {
    write(`${name}/package.json`, JSON.stringify({ name, version: '1.0.1', type: 'module', exports: './index.js' }));
    write(`${name}/index.js`, `export const word = () => 'from ${name}';\n`);
    link(to, name, `bridges/probe/${name}`);
  }
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const dependencies = { ...own.dependencies, 'probe-shim': 'file:bridges/probe/probe-shim' };
  const overrides = { 'isomorphic-textencoder': 'file:bridges/probe/isomorphic-textencoder' };
  writeFileSync(join(to, 'package.json'), JSON.stringify({ ...own, dependencies, overrides }));
}

describe('a package with a bridge that has a worker and packages of its own', () => {
  it('brings them along, built like all others', { timeout: 5 * MINUTES }, async () => {
    using checkout = folder();
    using there = folder();
    checkoutWithProbe(checkout.path);
    await install(checkout.path, there);
    const at = join(there.path, 'node_modules/isthmus');
    expect(existsSync(join(at, 'dist/bridges/probe/deep/probe.worker.js'))).toBe(true);
    const script = [
      "import { asked } from './dist/bridges/probe/index.js';",
      "import { word } from 'isomorphic-textencoder';",
      "process.stdout.write([await asked(), word()].join(', '));",
    ];
    writeFileSync(join(at, 'probe.mjs'), script.join('\n'));
    const { stdout } = await run(process.execPath, ['probe.mjs'], { cwd: at });
    expect(stdout).toBe('from probe-shim, from isomorphic-textencoder');
  });
});

describe('the package', () => {
  beforeAll(() => install(ROOT, site), 5 * MINUTES);

  afterAll(() => site[Symbol.dispose]());

  it('has the pages that the README names', () => {
    const at = join(site.path, 'node_modules/isthmus');
    const named = [...readFileSync(join(at, 'README.md'), 'utf8').matchAll(/\]\(([\w/.-]+\.md)/g)].map(
      ([, page = '']) => page,
    );
    expect(named).toContain('docs/operating.md');
    expect(named.filter((page) => !existsSync(join(at, page)))).toEqual([]);
  });

  it('prints the version of the checkout', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    await using running = installed(['--version']);
    expect(await running.ended).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('prints the example, and finds it good once the secrets and the listener are there', async () => {
    await using example = installed(['example-config']);
    const { code, out, err } = await example.ended;
    expect([code, out, err]).toEqual([0, readFileSync(join(ROOT, 'config.example.yaml'), 'utf8'), '']);
    const listening = out.replace(/^# http:\n(?:# .*\n)+/m, (section) => section.replaceAll(/^# /gm, ''));
    site.file('config.yaml', listening.replace('# public_url', 'public_url'));
    // The tokens of both sides of a homeserver are not to be the same.
    const secrets = Object.fromEntries([...out.matchAll(/env: (\w+)/g)].map(([, name]) => [name, `hush, ${name}`]));
    await using checked = installed(['check-config'], secrets);
    expect(await checked.ended).toEqual({ code: 0, out: 'config.yaml: ok (4 transports)\n', err: '' });
  });

  it('does not offer the demo, and says why', async () => {
    await using help = installed(['--help']);
    expect((await help.ended).out).not.toMatch(/^ *demo\b/m);
    await using demo = installed(['demo']);
    const err = 'isthmus: the demo needs a checkout of the sources: it is not part of the package\n';
    expect(await demo.ended).toEqual({ code: 1, out: '', err });
    const files = readdirSync(join(site.path, 'node_modules/isthmus/dist'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain(join('src', 'main.js'));
    // Each module stands below its name there; the demonstration's SMS provider is part of the package.
    const modules = files
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(site.path, 'node_modules/isthmus/dist', name), 'utf8'));
    expect(modules.some((text) => text.includes('// src/process/cli/run.ts'))).toBe(true);
    expect(modules.some((text) => text.includes('// src/process/cli/demo'))).toBe(false);
  });

  it('runs until it is stopped', async () => {
    await using xmpp = await server();
    const file = site.file(
      'run.yaml',
      `xmpp: { port: ${xmpp.port} }\nhttp: { listen: 127.0.0.1:0 }\nstore: sqlite:./isthmus.db\nkey: { file: ./isthmus.key }\ntransports: { irc.example.org: { bridge: irc, secret: hush, servers: { irc.example.net: {} } } }\n`,
    );
    await using running = installed(['run', '--config', file]);
    const { listening } = JSON.parse(await running.line(/"msg":"started"/));
    await expect
      .poll(async () => (await fetch(`http://${listening.http}/readyz`)).status, { timeout: MINUTES })
      .toBe(200);
    running.child.kill('SIGTERM');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([0, '']);
  });
});
