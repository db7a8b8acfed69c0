import { expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { alice, bob, OUR, OUR2, PHONE, world } from '../harness.ts';

const states = (outcomes: readonly unknown[]): unknown[] =>
  outcomes.map((one) => (one instanceof Failure ? one.code : (one as { state: string }).state));
const sidOfLast = (w: Awaited<ReturnType<typeof world>>): string =>
  w.twilio.messages.find(({ direction }) => direction !== 'inbound')?.sid ?? '';

it('a text is taken, then delivered, whatever comes again or late', async () => {
  await using w = await world();
  const id = w.send(alice, 'hello');
  await w.outcomes(id);
  const sid = sidOfLast(w);
  for (const status of ['sent', 'delivered', 'sent', 'delivered', 'queued', 'undelivered'])
    expect(await w.twilio.fare(sid, status)).toMatchObject({ status: 204 });
  expect(await w.outcomes(id)).toEqual([
    { ids: [sid], state: 'taken' },
    { ids: [sid], state: 'delivered' },
  ]);
});

it('callbacks may come before the answer to the request', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'early', statuses: ['delivered', 'sent'] });
  const id = w.send(alice, 'hello');
  expect(states(await w.outcomes(id, 2))).toEqual(['taken', 'delivered']);
  const second = w.send(alice, 'a barrier');
  await w.outcomes(second);
  expect(states(await w.outcomes(id))).toEqual(['taken', 'delivered']);
});

it('a late failure is told of the same event after a restart', async () => {
  await using w = await world();
  const id = w.send(alice, 'hello');
  await w.outcomes(id);
  await w.restart();
  await w.twilio.fare(sidOfLast(w), 'undelivered', 30_003);
  const [, late] = await w.outcomes(id, 2);
  expect(late).toMatchObject({ code: 'recipient-unavailable', foreign: '30003', certain: true });
});

it('a text that was read is told as read', async () => {
  await using w = await world();
  const id = w.send(alice, 'hello');
  await w.outcomes(id);
  await w.twilio.fare(sidOfLast(w), 'read');
  expect(w.drafts).toMatchObject([{ kind: 'receipt', state: 'displayed', target: sidOfLast(w) }]);
});

it.each([
  ['+14155550009', 'item-not-found', '21614'],
  ['+14155550004', 'not-permitted', '21610'],
])('what the provider says of %s is %s', async (to, code, foreign) => {
  await using w = await world();
  expect(await w.outcomes(w.send(alice, 'hello', { to }))).toMatchObject([{ code, foreign, certain: true }]);
});

it.each([
  ['112%us', 'jid-malformed'],
  ['+19005550123', 'policy-violation'],
  ['+447400123456', 'policy-violation'],
  ['~mybank', 'not-allowed'],
  [OUR, 'not-allowed'],
])('nothing is sent to %s', async (to, code) => {
  await using w = await world();
  expect(await w.outcomes(w.send(alice, 'hello', { to }))).toMatchObject([{ code }]);
  expect(w.twilio.messages).toEqual([]);
});

it('too many requests are a certain failure, and the next text goes', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'refuse', status: 429, code: 20_429 });
  expect(await w.outcomes(w.send(alice, 'one'))).toMatchObject([{ code: 'too-fast', certain: true }]);
  expect(states(await w.outcomes(w.send(alice, 'two')))).toEqual(['taken']);
});

it.each([500, 'break'] as const)(
  'an answer of %s after the work is in doubt, and found in the list',
  async (status) => {
    await using w = await world();
    w.twilio.faults.push({ kind: 'done-then', status });
    const event = w.event(alice, 'only once');
    w.bridge.deliver(event);
    expect(await w.outcomes(event.id)).toMatchObject([{ certain: false }]);
    expect(await w.bridge.reconcile?.(event)).toBe('sent');
    expect(states(await w.outcomes(event.id, 2))).toEqual(['remote-server-timeout', 'taken']);
    expect(w.sent()).toEqual(['Alice: only once']);
  },
);

it('what was in doubt before a restart is found after it', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'done-then', status: 500 });
  const event = w.event(alice, 'only once');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  await w.restart();
  expect(await w.bridge.reconcile?.(event)).toBe('sent');
});

it('what was never done is found to be so once it is no longer under way', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'lost');
  w.bridge.deliver(event);
  expect(await w.outcomes(event.id)).toMatchObject([{ certain: false }]);
  const found = w.bridge.reconcile?.(event);
  w.clock.advance(30_000);
  expect(await found).toBe('not-sent');
});

it('two texts with the same words are told apart in the list', async () => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example', dedicated: true } } });
  await w.outcomes(w.send(alice, 'same'));
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'same');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  const found = w.bridge.reconcile?.(event);
  w.clock.advance(30_000);
  expect(await found).toBe('not-sent');
});

it('a text that waits can be taken back', async () => {
  await using w = await world();
  const release = w.twilio.hold();
  const first = w.send(alice, 'first');
  const second = w.send(alice, 'second');
  expect(w.bridge.withdraw?.(second)).toBe(true);
  await w.twilio.when(() => w.twilio.open === 1);
  expect(w.bridge.withdraw?.(first)).toBe(false);
  release();
  await w.outcomes(first);
  await w.outcomes(w.send(alice, 'third'));
  expect(w.sent()).toEqual(['Alice: first', 'third']);
});

it('the first text says who and where, the next ones who if that changed', async () => {
  await using w = await world({ texts: {} });
  for (const [who, text] of [
    [alice, 'one'],
    [alice, 'two'],
    [bob, 'three'],
    [alice, 'four'],
  ] as const)
    await w.outcomes(w.send(who, text));
  w.clock.advance(12 * 3_600_000);
  await w.outcomes(w.send(alice, 'five'));
  expect(w.sent()).toEqual([
    'Alice via a.example. Reply STOP to end.\none',
    'two',
    'Bob #2: three',
    'Alice #1: four',
    'Alice #1: five',
  ]);
});

it('another user gets another number out of the pool, and keeps it', async () => {
  await using w = await world({ provider: { numbers: [OUR, OUR2] } });
  for (const who of [alice, bob, alice, bob]) await w.outcomes(w.send(who, 'hi'));
  const numbers = w.twilio.messages.map(({ from }) => from).toReversed();
  expect(numbers).toEqual([OUR, OUR2, OUR, OUR2]);
  expect(w.sent()).toEqual(['Alice: hi', 'Bob: hi', 'hi', 'hi']);
});

it('texts go through the messaging service where there is one', async () => {
  const service = `MG${'0123456789abcdef'.repeat(2)}`;
  await using w = await world({ provider: { messaging_service_sid: service } });
  await w.outcomes(w.send(alice, 'hi'));
  expect(w.twilio.messages).toMatchObject([{ service, from: OUR }]);
});

it('a file goes as MMS where the operator has it', async () => {
  await using w = await world({ mms: true });
  const id = w.send(alice, 'look', { files: [{ url: 'https://files.example/a.png', type: 'image/png' }] });
  await w.outcomes(id);
  expect(w.twilio.messages[0]).toMatchObject({ mediaUrls: ['https://files.example/a.png'], to: PHONE });
});

it('what cannot be kept before it goes is refused for now, and nothing has gone', async () => {
  await using w = await world();
  const { get } = w.host.state;
  w.host.state.get = () => Promise.reject(new Failure('queue-full', { certain: false }));
  expect(await w.outcomes(w.send(alice, 'hello'))).toMatchObject([
    { code: 'queue-full', certain: true, row: { retry: true } },
  ]);
  expect(w.sent()).toEqual([]);
  w.host.state.get = get;
  expect(states(await w.outcomes(w.send(alice, 'hello')))).toEqual(['taken']);
});

it('what cannot be kept after it has gone is in doubt, and found in the list', async () => {
  await using w = await world();
  const { get } = w.host.state;
  w.twilio.whims = {
    create: () => undefined,
    list: () => undefined,
    listed: () => true,
    created: () => {
      w.host.state.get = () => Promise.reject(new Failure('queue-full'));
    },
  };
  const event = w.event(alice, 'only once');
  w.bridge.deliver(event);
  expect(await w.outcomes(event.id)).toMatchObject([{ code: 'queue-full', certain: false }]);
  w.host.state.get = get;
  w.twilio.whims = undefined;
  expect(await w.bridge.reconcile?.(event)).toBe('sent');
  expect(w.sent()).toEqual(['Alice: only once']);
});
