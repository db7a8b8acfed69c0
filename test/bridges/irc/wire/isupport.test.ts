import { describe, expect, it } from 'vitest';
import { defaultIsupport, type Isupport, stepIsupport } from '#bridges/irc/wire/isupport.ts';

const heard = (...lines: readonly string[]): Isupport =>
  lines.reduce((state, line) => stepIsupport(state, ['me', ...line.split(' '), 'are supported']), defaultIsupport);

describe('what a server says of itself', () => {
  it.each<[string, readonly string[], Partial<Isupport>]>([
    ['is forgotten where it takes that back', ['MONITOR=50 PREFIX=(qo)~@ WHOX', '-MONITOR -PREFIX -WHOX'], {}],
    ['stays where something else is taken back', ['NICKLEN=16', '-TOPICLEN -UNKNOWN -constructor -'], { nicklen: 16 }],
    [
      'is what it said last',
      ['CASEMAPPING=ascii', 'CASEMAPPING=rfc1459', 'CASEMAPPING=ASCII'],
      { casemapping: 'ascii' },
    ],
    ['may be no bound', ['MONITOR'], { monitor: 9999 }],
    ['may be no status at all', ['PREFIX'], { prefixModes: '', prefixSymbols: '' }],
    ['has spaces in other signs', ['NETWORK=The\\x20Globe\\x20\\x5b1\\x5D'], { network: 'The Globe [1]' }],
    ['is no other line for that', ['NETWORK=a\\x0db\\x00', 'NETWORK=\\x20'], { network: 'a\\x0db\\x00' }],
    ['makes no sense', ['NICKLEN=0 NICKLEN NICKLEN=-1 NICKLEN=1e9 MONITOR=-5 CHANTYPES= CHANTYPES BOT'], {}],
  ])('%s', (_what, lines, expected) => {
    expect(heard(...lines)).toEqual({ ...defaultIsupport, ...expected });
  });

  it('is one for all connections to it', () => {
    expect(heard('NICKLEN=16', '-MONITOR')).toBe(heard('NICKLEN=16'));
  });
});
