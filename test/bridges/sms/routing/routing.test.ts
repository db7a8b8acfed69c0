import { describe, expect, it } from 'vitest';
import {
  afterMenu,
  afterSent,
  type Conversation,
  inContact,
  newConversation,
  PAIR_TIME,
  unexpired,
  withHeld,
} from '#bridges/sms/routing/conversation.ts';
import { type RoutingInput, route } from '#bridges/sms/routing/routing.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

const one = inContact(newConversation, 'alice', NOW);
const two = inContact(one, 'bob', NOW);
const waiting = withHeld(afterMenu(two, ['alice', 'bob'], NOW), { id: 'x', text: 'for whom?', media: [], at: NOW });
const chosen: Conversation = { ...two, chosen: 'bob' };
const spent: Conversation = { ...two, automatic: NOW - HOUR };

const nobody = { dedicated: false, first: 'owner', menu: [] } as const;
const owned = { ...nobody, owner: 'olga' } as const;

type Row = [what: string, incoming: Partial<RoutingInput>, decision: object];

/** The rules in their order: each row is decided by the one that it names. */
const rows: Row[] = [
  ['a short code, no owner', { peer: 'short' }, { to: 'nobody', refuse: false, why: 'named-sender' }],
  ['a short code', { peer: 'short', number: owned }, { to: 'account', account: 'olga', why: 'named-sender' }],
  ['a name, though two are in touch', { peer: 'sender', conversation: two }, { to: 'nobody', why: 'named-sender' }],
  [
    'a dedicated number, though another is in touch',
    { number: { ...owned, dedicated: true }, conversation: one },
    { account: 'olga', why: 'dedicated' },
  ],
  ['one in touch', { conversation: one, number: owned }, { account: 'alice', why: 'sticky' }],
  ['one in touch, who offered no number', { conversation: one, text: '#1 hi' }, { text: '#1 hi', why: 'sticky' }],
  ['two in touch', { conversation: two }, { to: 'hold', ask: true, options: ['alice', 'bob'], why: 'several' }],
  [
    'a number that was offered',
    { conversation: two, text: '#2 hi\nthere' },
    { account: 'bob', text: 'hi\nthere', why: 'token' },
  ],
  ['such a number alone', { conversation: two, text: '#1' }, { account: 'alice', text: '', why: 'token' }],
  ['a number that was not offered', { conversation: two, text: '#3 hi' }, { to: 'hold', why: 'several' }],
  ['a number that is not at the start', { conversation: two, text: 'see #2' }, { to: 'hold', why: 'several' }],
  ['a number within a word', { conversation: two, text: '#2x' }, { to: 'hold', why: 'several' }],
  ['a menu was sent today', { conversation: spent }, { to: 'hold', ask: false, why: 'waiting' }],
  [
    'two in touch, and no texts are wanted',
    { conversation: two, optedOut: true },
    { to: 'hold', ask: false, why: 'waiting' },
  ],
  ['an answer', { conversation: waiting, text: ' 2 ' }, { to: 'answer', account: 'bob', why: 'answer' }],
  ['an answer that is no option', { conversation: waiting, text: '3' }, { to: 'hold', why: 'waiting' }],
  ['more than an answer', { conversation: waiting, text: '2 please' }, { to: 'hold', why: 'waiting' }],
  ['a digit that nothing waits for', { conversation: { ...waiting, held: [] }, text: '2' }, { to: 'hold' }],
  ['after an answer', { conversation: chosen, text: 'more' }, { account: 'bob', text: 'more', why: 'chosen' }],
  ['after an answer, for the other', { conversation: chosen, text: '#1 more' }, { account: 'alice', why: 'token' }],
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
    { number: { ...owned, first: 'refuse' }, conversation: { ...newConversation, automatic: NOW - HOUR } },
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
    const base: RoutingInput = {
      peer: 'phone',
      text: 'hi',
      conversation: newConversation,
      number: nobody,
      optedOut: false,
      now: NOW,
    };
    expect(route({ ...base, ...incoming })).toMatchObject(decision);
  });
});

describe('what is between two numbers', () => {
  it('ends after 90 idle days', () => {
    expect(unexpired(two, NOW + PAIR_TIME - 1).pairs).toHaveLength(2);
    expect(unexpired(inContact(two, 'bob', NOW + 1), NOW + PAIR_TIME).pairs).toMatchObject([
      { account: 'bob', token: 2 },
    ]);
  });

  it('gives a number again only when nobody has it', () => {
    const later = inContact(unexpired(inContact(two, 'bob', NOW + 1), NOW + PAIR_TIME), 'carol', NOW + PAIR_TIME);
    expect(later.pairs).toMatchObject([
      { account: 'carol', token: 1 },
      { account: 'bob', token: 2 },
    ]);
  });

  it('forgets what was chosen when another user speaks', () => {
    expect(afterSent(chosen, 'bob', NOW).chosen).toBe('bob');
    expect(afterSent(chosen, 'alice', NOW).chosen).toBeUndefined();
  });

  it('keeps what waits for as long as its menu is open', () => {
    expect(unexpired(waiting, NOW + 23 * HOUR).held).toHaveLength(1);
    expect(unexpired(waiting, NOW + 25 * HOUR)).toMatchObject({ held: [] });
    expect(unexpired(waiting, NOW + 25 * HOUR).menu).toBeUndefined();
  });
});
