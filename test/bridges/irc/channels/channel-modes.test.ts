import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  configChanges,
  configForm,
  isBanned,
  learnChannelModes,
  newChannelModes,
  stepChannelModes,
  traitsOf,
} from '#bridges/irc/channels/channel-modes.ts';
import { defaultIsupport, stepIsupport } from '#bridges/irc/wire/isupport.ts';
import type { MaskedPerson } from '#bridges/irc/wire/masks.ts';
import type { ModeChange } from '#bridges/irc/wire/modes.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';

const banned = (masks: readonly string[], who: MaskedPerson, isupport = defaultIsupport): boolean => {
  const modes = newChannelModes();
  for (const param of masks) stepChannelModes(modes, { set: true, mode: 'b', param }, defaultIsupport);
  return isBanned(modes, who, isupport);
};

describe('bans', () => {
  it.each([
    ['nick!*@*', { nick: 'Nick' }, true],
    ['n?ck!*@*', { nick: 'nick' }, true],
    ['*!*@host', { nick: 'nick', mask: 'u@host' }, true],
    ['*!*@host', { nick: 'nick' }, false],
    ['*!*@other', { nick: 'nick', mask: 'u@host' }, false],
    ['nick[]!*@*', { nick: 'NICK{}' }, true],
  ] as const)('%s and %o: %s', (mask, who, expected) => expect(banned([mask], who)).toBe(expected));

  it('match as a pattern of stars and question marks does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?') });
    const nicks = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1 });
    fc.assert(
      fc.property(letters, nicks, (pattern, nick) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(banned([`${pattern}!*@*`], { nick })).toBe(regex.test(nick));
      }),
    );
  });

  it('a hostile mask costs little, and only the last ones are kept', () => {
    expect(banned([`${'*a'.repeat(200)}b!*@*`], { nick: 'a'.repeat(200) })).toBe(false);
    const many = Array.from({ length: 1000 }, (_, index) => `n${index}!*@*`);
    expect(banned(many, { nick: 'n1' })).toBe(false);
    expect(banned(many, { nick: 'n999' })).toBe(true);
  });

  it('one that was lifted is forgotten', () => {
    const modes = newChannelModes();
    for (const set of [true, false]) stepChannelModes(modes, { set, mode: 'b', param: 'a!*@*' }, defaultIsupport);
    expect(isBanned(modes, { nick: 'a' }, defaultIsupport)).toBe(false);
  });
});

describe('bans of accounts', () => {
  it.each([
    ['$a:montague', 'EXTBAN=$,ajrxz', true],
    ['$a:MONT*', 'EXTBAN=$,ajrxz', true],
    ['$a:capulet', 'EXTBAN=$,ajrxz', false],
    ['$a:montague', 'EXTBAN=$,jrxz', false],
    ['~a:montague', 'EXTBAN=~,acjmnpqrtCGIORSTU', true],
    ['~account:montague', 'EXTBAN=~,a ACCOUNTEXTBAN=a,account', true],
    ['$R:montague', 'ACCOUNTEXTBAN=R EXTBAN=$,ARar', true],
    ['R:montague', 'EXTBAN=,ABCNOQRSTUacjmnprsuz', true],
    ['$a:montague', '', false],
    ['$a:montague', 'EXTBAN EXTBAN= ACCOUNTEXTBAN=a,:,__proto__', false],
    ['constructor:montague', 'EXTBAN=constructor,a', false],
  ])('%s where the server says %j: %s', (mask, tokens, expected) => {
    const isupport = stepIsupport(defaultIsupport, ['me', ...tokens.split(' '), 'are supported']);
    expect(banned([mask], { nick: 'romeo', login: 'Montague' }, isupport)).toBe(expected);
    expect(banned([mask], { nick: 'montague' }, isupport)).toBe(false);
  });
});

describe('settings', () => {
  const all: ModeChange[] = [
    { set: true, mode: 'm' },
    { set: true, mode: 'k', param: 'rose' },
  ];

  it('tell how a channel is kept, but not its key', () => {
    const modes = newChannelModes();
    learnChannelModes(modes, all, defaultIsupport);
    expect(traitsOf(modes)).toEqual(['moderated', 'password']);
    expect(JSON.stringify(configForm(modes, defaultIsupport))).not.toContain('rose');
  });

  it('what the form shows changes nothing when it comes back', () => {
    const letters = fc.subarray(['m', 'i', 't', 's', 'k', 'l']);
    fc.assert(
      fc.property(letters, (set) => {
        const modes = newChannelModes();
        const changes = set.map((mode) => ({ set: true, mode, ...('kl'.includes(mode) ? { param: '9' } : {}) }));
        learnChannelModes(modes, changes, defaultIsupport);
        const fields = configForm(modes, defaultIsupport).fields;
        const answer: Answer = Object.fromEntries(fields.map(({ name, value = [''] }) => [name, value]));
        const wanted = set.includes('k') ? answer : { ...answer, 'password-protected': ['0'] };
        expect(configChanges(wanted, modes, defaultIsupport)).toEqual([]);
      }),
    );
  });

  it.each([{ password: ['a b'] }, { limit: ['many'] }, { limit: ['-1'] }, { 'password-protected': ['1'] }])(
    '%o is refused',
    (answer) => expect(() => configChanges(answer, newChannelModes(), defaultIsupport)).toThrow(Failure),
  );

  it('only what the server knows is offered', () => {
    const bare = { ...defaultIsupport, chanmodes: ['b', '', '', 'm'] } as const;
    expect(configForm(newChannelModes(), bare).fields.map(({ name }) => name)).toEqual(['moderated']);
    expect(configChanges({ public: ['0'], limit: ['3'] }, newChannelModes(), bare)).toEqual([]);
  });
});
