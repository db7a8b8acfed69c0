import { expect, it } from 'vitest';
import { type Comer, openKeptOut } from '#bridges/irc/connection/registration/kept-out.ts';
import { keptOut } from '#bridges/irc/wire/numerics.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { handClock } from '../../../../hand-clock.ts';

const romeo = { account: accountKey('romeo@a.example' as BareJid, 'irc.example'), realm: 'net' };
const comer: Comer = { identity: { username: 'romeo', realname: 'Romeo' }, account: undefined };
const login = (password: string) => ({ login: { username: new Sealed('romeo'), password: new Sealed(password) } });
const ban = keptOut('net', '465', ['spam']);

function barred() {
  const clock = handClock();
  const bans = openKeptOut(clock);
  bans.failed(romeo, comer, ban);
  return { bans, clock };
}

it('lets nobody try again before a minute, and then twice as long each time, at most five minutes', () => {
  const { bans, clock } = barred();
  for (const minutes of [1, 2, 4, 5, 5]) {
    clock.advance(minutes * 60_000 - 1);
    expect(() => bans.check(romeo, comer)).toThrow('You can try again in about 1 s.');
    clock.advance(1);
    expect(() => bans.check(romeo, comer)).not.toThrow();
    bans.failed(romeo, comer, ban);
  }
});

it.each<[string, Comer]>([
  ['another user name', { ...comer, identity: { username: 'montague', realname: 'Romeo' } }],
  ['another real name', { ...comer, identity: { username: 'romeo', realname: 'Montague' } }],
  ['an account', { ...comer, account: login('rosebud') }],
])('lets try who comes with %s', (_what, changed) => {
  const { bans } = barred();
  expect(() => bans.check(romeo, changed)).not.toThrow();
  bans.failed(romeo, changed, ban);
  expect(() => bans.check(romeo, changed)).toThrow('about 60 s');
});

it('lets try who has another password now', () => {
  const { bans } = barred();
  bans.failed(romeo, { ...comer, account: login('rosebud') }, ban);
  expect(() => bans.check(romeo, { ...comer, account: login('rosemary') })).not.toThrow();
});

it('knows nothing of other accounts and servers, of other failures, and of a ban that is over', () => {
  const { bans } = barred();
  expect(() => bans.check({ ...romeo, realm: 'oft' }, comer)).not.toThrow();
  bans.failed({ ...romeo, realm: 'oft' }, comer, new Failure('remote-server-timeout'));
  expect(() => bans.check({ ...romeo, realm: 'oft' }, comer)).not.toThrow();
  bans.admitted(romeo);
  expect(() => bans.check(romeo, comer)).not.toThrow();
});
