import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { bridge } from '#bridges/email/index.ts';
import type { Bridge, Host, Outcome } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import { testHost } from '../../contract/host.ts';
import { type MailServer, mailServer } from '../../fakes/mail-server.ts';

const DOMAIN = 'mail.example';
const account = accountKey('romeo@a.example' as BareJid, DOMAIN);

const listen: Host['listen'] = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise<void>((closed) => server.close(() => closed())) };
};

const said = (text: string): EventOf<'message'> => ({
  ...{
    place: { kind: 'contact', account, id: 'bob@example.com' },
    from: { kind: 'xmpp', bare: 'romeo@a.example' as BareJid },
  },
  ...{ kind: 'message', style: 'plain', text, id: `j-${text}.0` as EventId, at: 0, live: true },
});

type Play = {
  readonly server: MailServer;
  readonly opened: Pick<Bridge, 'reconcile'>;
  /** Messages go as one mail. */
  go(...texts: readonly string[]): Promise<readonly Outcome[]>;
};

async function play(work: (play: Play) => Promise<void>): Promise<void> {
  await using server = await mailServer();
  const { host } = testHost(DOMAIN, { account: {} } as never, { listen });
  const config = bridge.config.parse({
    domain: DOMAIN,
    outgoing: { host: '127.0.0.1', port: server.port, tls: 'off' },
    incoming: { lmtp: '127.0.0.1:0' },
  });
  await using opened = await bridge.open(config, host);
  await work({
    ...{ server, opened },
    go: async (...texts) => (await opened.deliverTogether?.(texts.map(said))) ?? [],
  });
}

const inWords = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((one) => (one instanceof Failure ? `${one.code}${one.certain ? '' : ', in doubt'}` : one.state));

it('a mail of several messages leaves twice at most, though each of them is tried by itself', () =>
  play(async ({ server, go }) => {
    for (let left = 4; left > 0; left--) server.faults.push({ at: 'drop' });
    const doubt = 'remote-server-timeout, in doubt';
    expect(inWords(await go('one', 'two', 'three'))).toEqual([doubt, doubt, doubt]);
    expect(inWords(await go('one'))).toEqual([doubt]);
    expect(inWords(await go('two'))).toEqual([doubt]);
    expect(inWords(await go('three'))).toEqual([doubt]);
    expect(server.heard.map(({ text }) => text)).toEqual(['one\n\ntwo\n\nthree', 'one\n\ntwo\n\nthree']);
  }));

it('of a mail that was refused for a while it is known that it has not left', () =>
  play(async ({ server, opened, go }) => {
    const known = () => opened.reconcile?.(said('one'));
    server.faults.push({ at: 'rcpt', code: 451, text: '4.7.1 Greylisted' });
    expect(inWords(await go('one', 'two'))).toEqual(['remote-server-timeout', 'remote-server-timeout']);
    expect(await known()).toBe('not-sent');
    server.faults.push({ at: 'drop' });
    await go('one', 'two');
    expect(await known()).toBe('unknown');
    server.faults.push({ at: 'mail', code: 451, text: '4.7.1 Greylisted' });
    await go('one', 'two');
    expect(await known()).toBe('unknown');
    expect(inWords(await go('one'))).toEqual(['taken']);
    expect(await known()).toBe('sent');
    expect(server.heard).toHaveLength(2);
  }));

it('what may have left as one mail goes again as that, also behind what is new', () =>
  play(async ({ server, go }) => {
    server.faults.push({ at: 'drop' });
    await go('two');
    expect(inWords(await go('one', 'two', 'three'))).toEqual(['taken', 'taken', 'taken']);
    const names = server.heard.map(({ text, parsed }) => `${text} ${parsed.messageId}`);
    expect(names.map((name) => name.split(' ')[0])).toEqual(['two', 'one', 'two', 'three']);
    expect(names[2]).toBe(names[0]);
  }));
