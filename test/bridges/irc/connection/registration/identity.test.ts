import { describe, expect, it } from 'vitest';
import { identityOf } from '#bridges/irc/connection/registration/identity.ts';
import { bridge } from '#bridges/irc/index.ts';
import { realmSettings } from '#bridges/irc/settings.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

const config = bridge.config.parse({ servers: { net: {} } });
const nameOf = (username: string, user = 'romeo@a.example'): string => {
  const key = { account: accountKey(user as BareJid, 'irc.example'), realm: 'net' };
  return identityOf(key, realmSettings({ username }), { config, nick: undefined }).username;
};

describe('the user name that a server is told', () => {
  it.each([
    ['montague', 'montague'],
    ['ro.meo', 'ro_meo'],
    ['_-romeo', 'romeo'],
    ['.~romeo', 'romeo'],
    ['ro meo!@x', 'ro_meo__x'],
    ['romeoandjuliet', 'romeoandju'],
    ['rom\u00e9o', 'rom_o'],
  ])('%j is %j', (set, told) => expect(nameOf(set)).toBe(told));

  it.each(['', '...', '_', '\u00e9'])('is made of the address where %j leaves nothing', (set) => {
    expect(nameOf(set)).toMatch(/^romeo[a-z0-9]{4}$/);
    expect(nameOf(set, '1@a.example')).toMatch(/^u[a-z0-9]{4}$/);
    expect(nameOf(set, 'r.o-m_e@a.example')).toMatch(/^[a-z][a-z0-9]{3,8}$/);
  });
});
