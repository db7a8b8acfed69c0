import { describe, expect, it } from 'vitest';
import { addresseesOf, changedBy, nickOf } from '#bridges/email/rooms/group.ts';

const person = (address: string, copied = false) => ({ address, nick: address.replace(/@.*$/, ''), copied });
const BOB = person('bob@example.com');
const CAROL = person('carol@example.com');
const DAVE = person('dave@example.com', true);
const group = { people: [BOB, CAROL, DAVE], nick: 'Romeo' };
const names = (people: readonly { address: string }[]) => people.map(({ address }) => address);

describe('a thread of mails with several', () => {
  it('has its author first, each once, and none of our user', () => {
    const mail = {
      from: { address: 'Bob@Example.com', name: 'Bob' },
      to: [{ address: 'alice@mail.example' }, { address: 'bob@example.com' }, { address: '"a b"@example.com' }],
      cc: [{ address: 'carol@example.com', name: 'Carol' }],
    };
    expect(addresseesOf(mail, (address) => address === 'alice@mail.example')).toEqual([
      { address: 'bob@example.com', name: 'Bob', copied: false },
      { address: 'carol@example.com', name: 'Carol', copied: true },
    ]);
  });

  it('loses who was in the mail that is answered, and is not in the answer', () => {
    const { people, came, left } = changedBy(group, [CAROL, BOB], names(group.people));
    expect([names(people), names(came), names(left)]).toEqual([
      ['bob@example.com', 'carol@example.com'],
      [],
      ['dave@example.com'],
    ]);
  });

  it('keeps who came by another answer meanwhile, and does not bring back who was left out by one', () => {
    const erin = person('erin@example.com');
    const now = { people: [BOB, CAROL, erin], nick: 'Romeo' };
    const { people, came, left } = changedBy(
      now,
      [BOB, CAROL, DAVE],
      ['bob@example.com', 'carol@example.com', 'dave@example.com'],
    );
    expect([names(people), came, left]).toEqual([['bob@example.com', 'carol@example.com', 'erin@example.com'], [], []]);
  });

  it('has whoever writes again, though they were left out', () => {
    const now = { people: [BOB], nick: 'Romeo' };
    const { came } = changedBy(now, [DAVE, BOB], ['dave@example.com', 'bob@example.com']);
    expect(names(came)).toEqual(['dave@example.com']);
  });

  it('loses nobody by a mail that answers none', () => {
    expect(changedBy(group, [BOB]).left).toEqual([]);
  });

  it('calls nobody what another is called, or by an address that is none of theirs', () => {
    expect(nickOf({ address: 'bob@example.com', name: 'Bob' }, ['BOB'])).toBe('Bob (bob@example.com)');
    expect(nickOf({ address: 'x@evil.example', name: 'boss@good.example' }, [])).toBe('x');
    expect(nickOf({ address: 'x@evil.example', name: '\u202e\n ' }, [])).toBe('x');
    expect(nickOf({ address: 'x@evil.example', name: 'boss\uff20good.example' }, [])).toBe('x');
  });
});
