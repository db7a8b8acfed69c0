import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canBeChosen, localPartOf, readLocalPart } from '#bridges/email/threads/user-address.ts';
import type { BareJid } from '#src/model/ids.ts';

const domains = { domain: 'mail.example', home: 'a.example' };
const of = (user: string) => localPartOf(user as BareJid, domains);

describe('the mail address of a user', () => {
  it.each([
    ['romeo@a.example', 'romeo'],
    ['romeo@b.example', 'romeo=b.example'],
    ['romeo@localhost', 'romeo=localhost'],
    ['ro+meo@b.example', 'ro=2bmeo=b.example'],
    ['a..b@b.example', 'a=2e=2eb=b.example'],
    ['postmaster@a.example', 'postmaster=a.example'],
    ['abc@bücher.example', 'abc=xn--bcher-kva.example'],
    ['o\\27hara@b.example', 'o=5c27hara=b.example'],
  ])('of %s is %s', (user, local) => {
    expect(of(user)).toBe(local);
    expect(readLocalPart(local, domains)).toEqual({ kind: 'user', user });
  });

  it.each(['postmaster', 'noreply', 'a', 'A', 'a..b', '.a', 'a=b', 'a+b', 'b.c', 'thread.x', 'x'.repeat(33), 'jürgen'])(
    'is none that a user can choose: %s',
    (local) => expect(canBeChosen(local, { domain: 'mail.example' })).toBe(false),
  );

  it('can be chosen where plain ones are nobody’s', () => {
    expect(canBeChosen('alice.m-2', { domain: 'mail.example' })).toBe(true);
    expect(canBeChosen('alice', domains)).toBe(false);
  });

  it('finds its user alone, whatever is written', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abz09._-+=%!é'), minLength: 1, maxLength: 20 });
    const domain = fc.constantFrom('a.example', 'b.example', 'localhost');
    fc.assert(
      fc.property(word, domain, (local, at) => {
        const user = `${local}@${at}`;
        const found = of(user);
        if (found !== undefined) expect(readLocalPart(found, domains)).toEqual({ kind: 'user', user });
      }),
    );
    fc.assert(
      fc.property(word, (local) => {
        const found = readLocalPart(local, domains);
        if (found.kind === 'user') expect(of(found.user)).toBe(local.toLowerCase().replace(/\+.*/, ''));
      }),
    );
  });

  it.each(['postmaster', 'abuse+x'])('%s is for those who run the gateway', (local) => {
    expect(readLocalPart(local, domains)).toEqual({ kind: 'admins' });
  });

  it.each(['noreply', 'mailer-daemon', '=b.example', 'a=zz=b.example', 'a=41=b.example'])('%s is nobody', (local) => {
    expect(readLocalPart(local, domains)).toEqual({ kind: 'nobody' });
  });
});
