import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
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

describe('the package', () => {
  beforeAll(async () => {
    await run(process.execPath, ['build.mjs'], { cwd: ROOT });
    site.file('package.json', '{ "private": true }');
    const archive = readdirSync(join(ROOT, 'release')).find((name) => name.endsWith('.tgz')) ?? '';
    const flags = [
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--cache',
      join(site.path, 'empty-cache'),
    ];
    await run('npm', ['install', join(ROOT, 'release', archive), ...flags], {
      cwd: site.path,
      env: { ...process.env, PATH },
    });
  }, 5 * MINUTES);

  afterAll(() => site[Symbol.dispose]());

  it('prints the version of the checkout', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    await using running = installed(['--version']);
    expect(await running.ended).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('prints the example, and finds it good once the secret is there', async () => {
    await using example = installed(['example-config']);
    const { code, out, err } = await example.ended;
    expect([code, out, err]).toEqual([0, readFileSync(join(ROOT, 'config.example.yaml'), 'utf8'), '']);
    site.file('config.yaml', out);
    await using checked = installed(['check-config'], { ISTHMUS_IRC_SECRET: 'hush', ISTHMUS_SMS_SECRET: 'hush' });
    expect(await checked.ended).toEqual({ code: 0, out: 'config.yaml: ok (2 transports)\n', err: '' });
  });

  it('does not offer the demo, and says why', async () => {
    await using help = installed(['--help']);
    expect((await help.ended).out).not.toContain('demo');
    await using demo = installed(['demo']);
    const err = 'isthmus: the demo needs a checkout of the sources: it is not part of the package\n';
    expect(await demo.ended).toEqual({ code: 1, out: '', err });
    const files = readdirSync(join(site.path, 'node_modules/isthmus/dist'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain(join('src', 'main.js'));
    expect(files.filter((name) => /demo/.test(name))).toEqual([]);
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
