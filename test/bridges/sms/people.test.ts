import { expect, it } from 'vitest';
import { alice, bob, OUR, PHONE, world } from './harness.ts';

it('a reply goes to whoever wrote, and two users on one number never see the replies of each other', async () => {
  await using w = await world();
  await w.outcomes(w.send(alice, 'hi'));
  await w.text('hello alice');
  await w.outcomes(w.send(bob, 'hi too'));
  expect(w.sent()).toEqual(['Alice: hi', 'Bob #2: hi too']);
  await w.text('#2 hello bob');
  await w.text('#1 you again');
  await w.text('who is this?');
  expect(await w.nth(2)).toBe('Who is this for? Reply with the number only.\n1 Alice\n2 Bob');
  expect([w.told(alice), w.told(bob)]).toEqual([['hello alice', 'you again'], ['hello bob']]);
  await w.text('2');
  await w.text('#1x is no token');
  expect([w.told(alice), w.told(bob)]).toEqual([
    ['hello alice', 'you again'],
    ['hello bob', 'who is this?', '#1x is no token'],
  ]);
});

it('one menu a day; what waits is given to whom the phone names', async () => {
  await using w = await world();
  await w.outcomes(w.send(alice, 'hi'));
  await w.outcomes(w.send(bob, 'hi'));
  for (const text of ['one', 'two', '3', '12', '1 please']) await w.text(text);
  await w.nth(2);
  expect([w.told(alice), w.told(bob)]).toEqual([[], []]);
  await w.text(' 1 ');
  expect(w.told(alice)).toEqual(['one', 'two', '3', '12', '1 please']);
  expect(w.sent().filter((text) => text.startsWith('Who'))).toHaveLength(1);
});

it('a pair ends after 90 idle days, and the phone is a stranger again', async () => {
  await using w = await world({ first_contact: 'refuse' });
  await w.outcomes(w.send(alice, 'hi'));
  w.clock.advance(90 * 24 * 3_600_000);
  await w.text('still there?');
  expect(w.told(alice)).toEqual([]);
  expect(await w.nth(1)).toBe('Nobody can be reached here until they have written to you first.');
});

it.each([
  [{ first_contact: 'owner', owners: { [OUR]: { user: 'bob@b.example' } } }, ['new here'], []],
  [{ first_contact: 'owner' }, [], []],
  [{ first_contact: 'last' }, [], []],
  [{ first_contact: 'menu', menu: ['bob@b.example'] }, [], ['Who is this for? Reply with the number only.\n1 Bob']],
])('a stranger who writes with %j', async (settings, told, sent) => {
  await using w = await world(settings);
  await w.text('new here');
  await w.twilio.when(() => w.sent().length === sent.length);
  expect(w.told(bob)).toEqual(told);
  expect(w.sent()).toEqual(sent);
});

it('the last speaker of a number gets what strangers write, where the operator says so', async () => {
  await using w = await world({ first_contact: 'last' });
  await w.outcomes(w.send(bob, 'hi'));
  await w.text('new here', { from: '+14155550123' });
  expect(w.told(bob)).toEqual(['new here']);
});

it.each(['MYBANK', '72727'])('texts of %s go to the owner, and a menu never goes there', async (from) => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example' } } });
  await w.text('Your code is 123', { from });
  expect(w.told(alice)).toEqual(['Your code is 123']);
  expect(w.drafts[0]?.from).toMatchObject({ kind: 'network', id: from === 'MYBANK' ? '~mybank' : '72727%us' });
});

it('texts of a short code go to nobody where the number has no owner', async () => {
  await using w = await world({ first_contact: 'refuse' });
  await w.text('Your code is 123', { from: '72727' });
  expect(w.drafts).toEqual([]);
  expect(w.sent()).toEqual([]);
});

it('STOP silences all users of the number, START undoes it, HELP is answered once a day', async () => {
  await using w = await world();
  await w.outcomes(w.send(alice, 'hi'));
  await w.text(' Stop. ');
  for (const who of [alice, bob])
    expect(await w.outcomes(w.send(who, 'please'))).toMatchObject([{ code: 'not-permitted' }]);
  await w.restart();
  expect(await w.outcomes(w.send(alice, 'again'))).toMatchObject([{ code: 'not-permitted' }]);
  expect(new Set(w.told(alice))).toEqual(new Set(['presence']));
  await w.text('START');
  expect(await w.outcomes(w.send(alice, 'welcome'))).toMatchObject([{ state: 'taken' }]);
  await w.text('help');
  await w.text('HELP');
  expect(await w.nth(2)).toContain('STOP ends the texts of all of them');
  await w.text('stop talking');
  expect(w.told(alice)).toEqual(['stop talking']);
  expect(w.sent()).toHaveLength(3);
});

it('reactions and edits of phones find what they are about', async () => {
  await using w = await world();
  await w.outcomes(w.send(alice, 'Shall we meet at the balcony tonight?'));
  await w.text('Loved “Shall we meet at the…”');
  await w.text('maybe');
  await w.text('Edited to “surely”');
  await w.text('Liked “something else”');
  expect(w.drafts).toMatchObject([
    { kind: 'reaction', emoji: ['❤️'] },
    { kind: 'message', text: 'maybe' },
    { kind: 'edit', text: 'surely' },
    { kind: 'message', text: 'Liked “something else”' },
  ]);
});

it('the poll finds what webhooks did not tell, once and in order', async () => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example' } } });
  w.twilio.silent = true;
  for (const text of ['one', 'two', 'three']) await w.text(text);
  const id = w.send(alice, 'hi');
  await w.outcomes(id);
  await w.twilio.fare(w.twilio.messages[0]?.sid ?? '', 'delivered');
  w.twilio.silent = false;
  w.clock.advance(5 * 60_000);
  await w.when('all of them', () => w.told(alice).length === 3);
  await w.restart();
  await w.outcomes(id, 2);
  expect(w.told(alice)).toEqual(['one', 'two', 'three']);
});

it('a file of a text is fetched with our credentials, which go no further, and served by us', async () => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example' } } });
  const bytes = Buffer.from('a picture');
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: [{ type: 'image/png', bytes }] });
  await w.when('the file', () => w.drafts.length === 2);
  expect(w.kept).toEqual([{ type: 'image/png', bytes }]);
  expect(w.drafts).toMatchObject([
    { kind: 'message', text: 'look' },
    { kind: 'message', text: '', files: [{ url: 'https://media.example/1', type: 'image/png' }] },
  ]);
});

it('a number of somebody alone needs no names and is nobody else’s', async () => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example', dedicated: true } } });
  await w.outcomes(w.send(alice, 'hi'));
  expect(await w.outcomes(w.send(bob, 'hi'))).toMatchObject([{ code: 'not-allowed' }]);
  await w.text('hello');
  expect([w.told(alice), w.sent()]).toEqual([['hello'], ['hi']]);
});
