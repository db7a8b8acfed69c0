import { describe, expect, it } from 'vitest';
import { readPolicy } from '#bridges/irc/connection/transport-security.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { key, login, rig } from '../harness.ts';

describe('a server that is to be reached over TLS alone (STS)', () => {
  it('is left for its TLS port before anything else, and reached there from then on', async () => {
    await using secure = await ircServer({ serve: true, tls: true, caps: ['sts=duration=60', 'message-tags'] });
    await using plain = await ircServer({ serve: true, caps: [`sts=port=${secure.port},duration=60`, 'message-tags'] });
    await using gateway = await rig(plain, {}, { verify: false });
    await login(gateway, secure, 'romeo');
    const told = gateway.told('realm').map((draft) => ('text' in draft ? draft.text : ''));
    expect(told.at(-1)).toBe('Connected to FakeNet (encrypted).');
    const left = await plain.accept();
    await left.closed;
    expect(left.registered).toBe(false);
    expect(left.unread.filter((line) => /^CAP REQ/.test(line))).toEqual([]);
    // Nobody goes by the plain port any more, as long as that holds.
    await login(gateway, secure, 'juliet');
    expect(plain.connections).toEqual([]);
    gateway.clock.advance(61_000);
    const opening = gateway.bridge.connect(key('nurse'), { nick: 'nurse' }, new AbortController().signal);
    await (await plain.accept()).closed;
    await secure.accept();
    await opening;
  });

  it('is reached as written where it takes that back', async () => {
    await using secure = await ircServer({ serve: true, tls: true, caps: ['sts=duration=0'] });
    await using plain = await ircServer({ serve: true, caps: [`sts=port=${secure.port}`] });
    await using gateway = await rig(plain, {}, { verify: false });
    await login(gateway, secure, 'romeo');
    const opening = gateway.bridge.connect(key('juliet'), { nick: 'juliet' }, new AbortController().signal);
    await plain.accept();
    await plain.accept();
    await opening;
  });

  it('is not reached at all where its TLS port does not answer', async () => {
    await using plain = await ircServer({ serve: true, caps: ['sts=port=1'] });
    await using gateway = await rig(plain, {}, { verify: false });
    const opening = gateway.bridge.connect(key('romeo'), { nick: 'romeo' }, new AbortController().signal);
    await expect(opening).rejects.toThrow('refused');
    expect((await plain.accept()).registered).toBe(false);
  });

  it.each([
    ['port=6697', { port: 6697 }],
    ['duration=0,port=6697,preload', { port: 6697, duration: 0 }],
    ['port=0,duration=-1', {}],
    ['port=70000,duration=x', {}],
    ['', {}],
  ] as const)('says so by %j', (value, policy) => expect(readPolicy(value)).toEqual(policy));
});
