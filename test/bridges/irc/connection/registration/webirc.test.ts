import { describe, expect, it } from 'vitest';
import { addressIn, isPrefix } from '#bridges/irc/connection/registration/webirc.ts';
import { ircServer } from '../../../../fakes/irc-server.ts';
import { key, login, rig } from '../../harness.ts';

describe('where users come from', () => {
  it('is an address of their own in the network of the gateway', () => {
    const romeo = addressIn('2001:db8:1:2::/64', 'romeo@a.example');
    expect(romeo).toMatch(/^2001:db8:1:2(?::[0-9a-f]{4}){4}$/);
    expect(addressIn('2001:db8:1:2::/64', 'romeo@a.example')).toBe(romeo);
    expect(addressIn('2001:db8:1:2::/64', 'juliet@a.example')).not.toBe(romeo);
    expect(addressIn('fd00::/64', 'romeo@a.example')).toMatch(/^fd00:0:0:0:/);
    expect(['2001:db8::/64', 'fd00:1:2:3::/64', '2001:db8::/48', '::1', '192.0.2.0/24'].map(isPrefix)).toEqual([
      ...[true, true, false, false, false],
    ]);
  });

  it('is the first thing that a server is told which knows the gateway', async () => {
    await using server = await ircServer({ serve: true });
    const heard: string[] = [];
    for (const command of ['WEBIRC', 'NICK', 'USER'])
      server.on(command, (params) => {
        heard.push([command, ...params].join(' '));
        return false;
      });
    const webirc = { password: 'rosebud', prefix: '2001:db8::/64' };
    await using gw = await rig(server, {}, { webirc, insecure_login: true });
    await login(gw, server, 'romeo');
    expect(heard[0]).toMatch(/^WEBIRC rosebud isthmus (2001:db8:0:0:\S+) \1$/);
  });

  it('is not said over a line that is not encrypted', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server, {}, { webirc: { password: 'rosebud', prefix: '2001:db8::/64' } });
    const opening = gw.bridge.connect(key('romeo'), {}, new AbortController().signal);
    await expect(opening).rejects.toMatchObject({ code: 'not-allowed' });
  });
});
