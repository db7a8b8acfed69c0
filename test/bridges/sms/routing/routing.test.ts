import { describe, expect, it } from 'vitest';
import { type Incoming, route } from '#bridges/sms/routing/routing.ts';
import {
  asked,
  emptyThread,
  holding,
  live,
  PAIR_TIME,
  spoken,
  type Thread,
  touched,
} from '#bridges/sms/routing/thread.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

const one = touched(emptyThread, 'alice', NOW);
const two = touched(one, 'bob', NOW);
const waiting = holding(asked(two, ['alice', 'bob'], NOW), { id: 'x', text: 'for whom?', media: [], at: NOW });
const chosen: Thread = { ...two, chosen: 'bob' };
const spent: Thread = { ...two, automatic: NOW - HOUR };

const nobody = { dedicated: false, first: 'owner', menu: [] } as const;
const owned = { ...nobody, owner: 'olga' } as const;

type Row = [what: string, incoming: Partial<Incoming>, decision: object];

/** The rules in their order: each row is decided by the one that it names. */
const rows: Row[] = [
  ['a short code, no owner', { peer: 'short' }, { to: 'nobody', refuse: false, why: 'named-sender' }],
  ['a short code', { peer: 'short', number: owned }, { to: 'account', account: 'olga', why: 'named-sender' }],
  ['a name, though two are in touch', { peer: 'sender', thread: two }, { to: 'nobody', why: 'named-sender' }],
  [
    'a dedicated number, though another is in touch',
    { number: { ...owned, dedicated: true }, thread: one },
    { account: 'olga', why: 'dedicated' },
  ],
  ['one in touch', { thread: one, number: owned }, { account: 'alice', why: 'sticky' }],
  ['one in touch, who offered no number', { thread: one, text: '#1 hi' }, { text: '#1 hi', why: 'sticky' }],
  ['two in touch', { thread: two }, { to: 'hold', ask: true, options: ['alice', 'bob'], why: 'several' }],
  [
    'a number that was offered',
    { thread: two, text: '#2 hi\nthere' },
    { account: 'bob', text: 'hi\nthere', why: 'token' },
  ],
  ['such a number alone', { thread: two, text: '#1' }, { account: 'alice', text: '', why: 'token' }],
  ['a number that was not offered', { thread: two, text: '#3 hi' }, { to: 'hold', why: 'several' }],
  ['a number that is not at the start', { thread: two, text: 'see #2' }, { to: 'hold', why: 'several' }],
  ['a number within a word', { thread: two, text: '#2x' }, { to: 'hold', why: 'several' }],
  ['a menu was sent today', { thread: spent }, { to: 'hold', ask: false, why: 'waiting' }],
  [
    'two in touch, and no texts are wanted',
    { thread: two, optedOut: true },
    { to: 'hold', ask: false, why: 'waiting' },
  ],
  ['an answer', { thread: waiting, text: ' 2 ' }, { to: 'answer', account: 'bob', why: 'answer' }],
  ['an answer that is no option', { thread: waiting, text: '3' }, { to: 'hold', why: 'waiting' }],
  ['more than an answer', { thread: waiting, text: '2 please' }, { to: 'hold', why: 'waiting' }],
  ['a digit that nothing waits for', { thread: { ...waiting, held: [] }, text: '2' }, { to: 'hold' }],
  ['after an answer', { thread: chosen, text: 'more' }, { account: 'bob', text: 'more', why: 'chosen' }],
  ['after an answer, for the other', { thread: chosen, text: '#1 more' }, { account: 'alice', why: 'token' }],
  ['a stranger, owner', { number: owned }, { account: 'olga', why: 'first-owner' }],
  ['a stranger, no owner', {}, { to: 'nobody', refuse: false, why: 'nobody' }],
  ['a stranger, last', { number: { ...nobody, first: 'last', last: 'bob' } }, { account: 'bob', why: 'first-last' }],
  ['a stranger, last, nobody yet', { number: { ...owned, first: 'last' } }, { to: 'nobody' }],
  [
    'a stranger, menu',
    { number: { ...owned, first: 'menu', menu: ['alice', 'bob'] } },
    { to: 'hold', ask: true, options: ['alice', 'bob'], why: 'first-menu' },
  ],
  ['a stranger, refused', { number: { ...owned, first: 'refuse' } }, { to: 'nobody', refuse: true }],
  [
    'a stranger, refused today',
    { number: { ...owned, first: 'refuse' }, thread: { ...emptyThread, automatic: NOW - HOUR } },
    { to: 'nobody', refuse: false },
  ],
  [
    'a stranger, refused, who wants no texts',
    { number: { ...owned, first: 'refuse' }, optedOut: true },
    { to: 'nobody', refuse: false },
  ],
];

describe('a text from outside goes', () => {
  it.each(rows)('%s', (_what, incoming, decision) => {
    const base: Incoming = {
      peer: 'phone',
      text: 'hi',
      thread: emptyThread,
      number: nobody,
      optedOut: false,
      now: NOW,
    };
    expect(route({ ...base, ...incoming })).toMatchObject(decision);
  });
});

describe('what is between two numbers', () => {
  it('ends after 90 idle days', () => {
    expect(live(two, NOW + PAIR_TIME - 1).pairs).toHaveLength(2);
    expect(live(touched(two, 'bob', NOW + 1), NOW + PAIR_TIME).pairs).toMatchObject([{ account: 'bob', token: 2 }]);
  });

  it('gives a number again only when nobody has it', () => {
    const later = touched(live(touched(two, 'bob', NOW + 1), NOW + PAIR_TIME), 'carol', NOW + PAIR_TIME);
    expect(later.pairs).toMatchObject([
      { account: 'carol', token: 1 },
      { account: 'bob', token: 2 },
    ]);
  });

  it('forgets what was chosen when another user speaks', () => {
    expect(spoken(chosen, 'bob', NOW).chosen).toBe('bob');
    expect(spoken(chosen, 'alice', NOW).chosen).toBeUndefined();
  });

  it('keeps what waits for as long as its menu is open', () => {
    expect(live(waiting, NOW + 23 * HOUR).held).toHaveLength(1);
    expect(live(waiting, NOW + 25 * HOUR)).toMatchObject({ held: [] });
    expect(live(waiting, NOW + 25 * HOUR).menu).toBeUndefined();
  });
});
