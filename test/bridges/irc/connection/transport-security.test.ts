import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { openTransportSecurity, readPolicy } from '#bridges/irc/connection/transport-security.ts';
import { memoryState } from '../../../contract/memory-state.ts';
import { CERTIFICATE } from '../../../fakes/certificate.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { handClock } from '../../../hand-clock.ts';
import { folder } from '../../../process/cli/isthmus.ts';
import { key, login, type Rig, rig } from '../harness.ts';

const policies = async ({ state }: Rig): Promise<string[]> =>
  (await state.list({ prefix: 'sts ' })).map(({ value }) => value);

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

  it('says so anew while a connection goes on, and it counts from the end of that', async () => {
    await using secure = await ircServer({ serve: true, tls: true, caps: ['sts=duration=0', 'cap-notify'] });
    await using gateway = await rig(secure, {}, { tls: true, verify: false });
    const { session, far } = await login(gateway, secure, 'romeo');
    far.send(
      ':irc.fake CAP romeo NEW :sts=port=1,duration=60',
      ':irc.fake CAP romeo NEW :sts=duration=',
      ':irc.fake CAP romeo NEW :sts',
      ':irc.fake CAP romeo DEL :sts',
    );
    await far.sync();
    expect(await policies(gateway)).toEqual([`{"port":${secure.port},"until":${gateway.clock.now() + 60_000}}`]);
    gateway.clock.advance(50_000);
    far.send(':irc.fake CAP romeo NEW :sts=duration=60');
    await far.sync();
    gateway.clock.advance(30_000);
    await session.close('left');
    expect(await policies(gateway)).toEqual([`{"port":${secure.port},"until":${gateway.clock.now() + 60_000}}`]);
  });

  it('takes that back while a connection goes on', async () => {
    await using secure = await ircServer({ serve: true, tls: true, caps: ['sts=duration=60', 'cap-notify'] });
    await using gateway = await rig(secure, {}, { tls: true, verify: false });
    const { session, far } = await login(gateway, secure, 'romeo');
    far.send(':irc.fake CAP romeo NEW :sts=duration=0');
    await far.sync();
    expect(await policies(gateway)).toEqual([]);
    await session.close('left');
    expect(await policies(gateway)).toEqual([]);
  });

  it('is left when it says so over a line that is plain, and says where to go when it is dialled', async () => {
    const caps = ['cap-notify'];
    await using secure = await ircServer({ serve: true, tls: true, caps: ['sts=duration=60'] });
    await using plain = await ircServer({ serve: true, caps });
    await using gateway = await rig(plain, {}, { verify: false });
    const { far } = await login(gateway, plain, 'romeo');
    far.send(':irc.fake CAP romeo NEW :sts=port=0,duration=60', ':irc.fake CAP romeo NEW :sts=duration=60');
    await far.sync();
    const offer = `sts=port=${secure.port}`;
    far.send(`:irc.fake CAP romeo NEW :${offer}`);
    await far.closed;
    await gateway.when(() => gateway.states.some(({ state }) => state.kind === 'lost'));
    expect(gateway.states.at(-1)?.state).toMatchObject({ failure: { code: 'recipient-unavailable' } });
    caps.push(offer);
    await login(gateway, secure, 'romeo');
  });

  it('is reached so after a restart, too', async () => {
    const clock = handClock();
    const host = { ...memoryState(clock), clock, log: pino({ level: 'silent' }) };
    const address = { host: 'IRC.example', port: 6697, tls: true };
    openTransportSecurity(host).heard(address, 'duration=60');
    const plain = { host: 'irc.example', port: 6667, tls: false };
    await expect(openTransportSecurity(host).secured(plain)).resolves.toEqual({ ...address, host: 'irc.example' });
    clock.advance(60_000);
    await expect(openTransportSecurity(host).secured(plain)).resolves.toEqual(plain);
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
    ['port=,duration=', {}],
    ['port=0x1a29,duration=1e9', {}],
    ['port=6697.0,duration= 5', {}],
    ['duration=99999999999', {}],
    ['port', {}],
    ['', {}],
  ] as const)('says so by %j', (value, policy) => expect(readPolicy(value)).toEqual(policy));
});

describe('the authorities of a server', () => {
  it('are those of a file, where the operator names one', async () => {
    using temporary = folder();
    const ca = temporary.file('ca.pem', 'nothing');
    await using secure = await ircServer({ serve: true, tls: true });
    await using gateway = await rig(secure, {}, { tls: true, ca });
    const opening = () => gateway.bridge.connect(key('romeo'), { nick: 'romeo' }, new AbortController().signal);
    await expect(opening()).rejects.toThrow('authorities');
    // It is trusted, and for another host.
    temporary.file('ca.pem', CERTIFICATE);
    await expect(opening()).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});
