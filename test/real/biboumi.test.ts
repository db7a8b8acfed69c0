import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { configFrom } from '../config-from.ts';
import { folder, isthmus } from '../process/cli/isthmus.ts';
import { archive } from './archive.ts';
import { type BiboumiOptions, startBiboumi } from './biboumi.ts';
import { configure, configured } from './configure.ts';
import { startPostgres } from './postgres.ts';
import { describeReal, ircClient, startInspircd, startProsody, xml, xmppClient } from './servers.ts';
import { enter, heard, plain, roomOf, say } from './world.ts';

const DOMAIN = 'irc.localhost';
const NET = `net@${DOMAIN}`;
const ROOM = roomOf('#garden');

/** The lines of Alice and irene, the oldest first. */
const SAID = ['Alice: good morning', 'irene: Grüße', 'Alice: /me waters the roses', 'irene: and the bees?'];

const subscribe = (to: string) => xml('presence', { to, type: 'subscribe' });

/** Alice lives with biboumi for a while: she sets this and that, and talks with irene in her channel. */
async function liveWithBiboumi(
  options: BiboumiOptions & { readonly c2s: number; readonly irc: number },
): Promise<void> {
  await using _biboumi = await startBiboumi(options);
  await using alice = await xmppClient({ port: options.c2s, user: 'alice', password: 'pw' });
  await alice.send(xml('presence'));
  await using irc = await ircClient({ port: options.irc, nick: 'irene' });
  irc.send('JOIN #garden');
  await irc.barrier();
  await configure(alice, DOMAIN, { max_history_length: ['50'], record_history: ['true'], persistent: ['false'] });
  const where = { address: ['127.0.0.1'], ports: [String(options.irc)], tls_ports: [''], verify_cert: ['true'] };
  const who = { nick: ['Alice'], username: ['roses'], throttle_limit: ['20'], pass: ['thorn'] };
  await configure(alice, NET, { ...where, ...who, after_connect_commands: ['MODE Alice +i', 'AWAY'] });
  await configure(alice, ROOM, { record_history: ['true'], persistent: ['true'], encoding_in: ['koi8-r'] });
  for (const jid of [DOMAIN, NET]) {
    await alice.send(subscribe(jid));
    await alice.next((one) => one.attrs.type === 'subscribe' && one.attrs.from === jid, `${jid} asks in turn`);
    await alice.send(xml('presence', { to: jid, type: 'subscribed' }));
  }
  await enter(alice, ROOM, 'Alice');
  for (const line of SAID) {
    const [nick, text = ''] = line.split(/: (.*)/);
    if (nick === 'Alice') await say(alice, ROOM, text, 'said');
    else irc.send(`PRIVMSG #garden :${text}`);
    expect(await heard(alice, ROOM)).toBe(line);
  }
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  const needs = [
    'prosody',
    'inspircd',
    'biboumi',
    ...(engine === 'PostgreSQL' ? (['postgresql'] as const) : []),
  ] as const;
  describeReal(`a database of biboumi on ${engine}`, needs, () => {
    test('is imported: the bookmark, history, settings and roster of its user go on', async () => {
      await using stack = new AsyncDisposableStack();
      const dir = stack.use(folder());
      const ircd = stack.use(await startInspircd());
      const prosody = stack.use(await startProsody({ users: { alice: 'pw' }, domains: { [DOMAIN]: 'secret' } }));
      const postgres = engine === 'PostgreSQL' ? stack.use(await startPostgres()) : undefined;
      const database = (await postgres?.database()) ?? join(dir.path, 'biboumi.sqlite');
      const { component: port, c2s } = prosody.ports;
      await liveWithBiboumi({ domain: DOMAIN, secret: 'secret', port, database, c2s, irc: ircd.ports.plain });

      const source = {
        xmpp: { host: '127.0.0.1', port },
        store: `sqlite:${join(dir.path, 'store.db')}`,
        key: { file: join(dir.path, 'isthmus.key') },
        access: { register: ['localhost'] },
        transports: {
          [DOMAIN]: {
            bridge: 'irc',
            secret: 'secret',
            servers: { net: { ...plain(ircd.ports.plain), insecure_login: true } },
          },
        },
      };
      const file = dir.file('config.yaml', stringify(source));
      const outs: string[] = [];
      for (const _ of ['first', 'second']) {
        await using running = isthmus(['import-biboumi', database, '--config', file]);
        const { code, out, err } = await running.ended;
        expect([code, err]).toEqual([0, '']);
        outs.push(out);
      }
      expect(outs[0]).toContain(`  people   1\n  settings 9\n  contacts 2\n  messages 4\n`);
      expect(outs[1]).toContain('  messages 0, and 4 that were there already');
      expect(outs[1]).toContain('  settings 0, and 9 that were there already\n');

      stack.use(await startGateway(await configFrom(source), { log: openLog('silent'), metrics: openMetrics() }))
        .online;
      await using alice = await xmppClient({ port: c2s, user: 'alice', password: 'pw', resource: 'phone' });
      await alice.send(xml('presence'));
      // Who has the gateway in the roster is told that it is there.
      await alice.next(
        (one) => one.is('presence') && one.attrs.from?.split('/')[0] === DOMAIN && !one.attrs.type,
        'the gateway',
      );
      await enter(alice, ROOM, 'Alice');
      for (const line of SAID) expect(await heard(alice, ROOM)).toBe(line);
      const kept = await archive(alice, ROOM);
      expect(kept.map(({ said }) => said)).toEqual(SAID);
      for (const { id } of kept) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const server = await configured(alice, NET);
      expect(server).toMatchObject({ nick: ['Alice'], username: ['roses'], throttle_limit: ['20'] });
      expect(server.after_connect_commands).toEqual(['MODE Alice +i', 'AWAY']);
      expect(server.pass ?? []).toEqual([]);
      expect(await configured(alice, ROOM)).toMatchObject({
        record_history: ['true'],
        persistent: ['true'],
        encoding_in: ['koi8-r'],
      });
      expect((await configured(alice, DOMAIN)).max_history_length).toEqual(['50']);
    });
  });
}
