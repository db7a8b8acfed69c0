import { expect, it } from 'vitest';
import { type Answered, inbound, signature } from '../../../fakes/twilio.ts';
import { ACCOUNT, type FakeMessage, sidOf } from '../../../fakes/twilio-messages.ts';
import { alice, OUR, PHONE, type World, world } from '../harness.ts';

type Params = [string, string][];

const settings = { owners: { [OUR]: { user: 'alice@a.example', dedicated: true } } };

const message = (): FakeMessage => ({
  sid: sidOf('SM'),
  direction: 'inbound',
  from: PHONE,
  to: OUR,
  body: 'hello',
  service: null,
  mediaUrls: [],
  media: [],
  callback: undefined,
  created: 0,
  status: 'received',
  error: null,
});

const changed = (params: Params, key: string, value: string): Params =>
  params.map(([name, was]) => [name, name === key ? value : was]);

/** The requests of somebody who is not the provider, or who was once. Each is answered with this status. */
const cases: readonly [string, number, (world: World, params: Params) => Promise<Answered>][] = [
  ['no signature', 403, async ({ twilio, hook }, params) => twilio.post(hook, params, { 'x-twilio-signature': '' })],
  [
    'a wrong signature',
    403,
    async ({ twilio, hook }, params) =>
      twilio.post(hook, params, { 'x-twilio-signature': signature(hook.url, changed(params, 'Body', 'other')) }),
  ],
  [
    'a signature twice',
    403,
    async ({ twilio, hook }, params) => {
      const one = signature(hook.url, params);
      return twilio.post(hook, params, { 'x-twilio-signature': `${one}, ${one}` });
    },
  ],
  [
    'http for https',
    403,
    async ({ twilio, hook }, params) => twilio.post({ ...hook, url: hook.url.replace('https:', 'http:') }, params),
  ],
  [
    'another port',
    403,
    async ({ twilio, hook }, params) =>
      twilio.post({ ...hook, url: hook.url.replace('gw.example', 'gw.example:443') }, params),
  ],
  [
    'a forwarded host',
    403,
    async ({ twilio, hook }, params) =>
      twilio.post({ ...hook, url: hook.url.replace('gw.example', 'evil.example') }, params, {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      }),
  ],
  ['a parameter twice', 400, async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['Body', 'again']])],
  [
    'a parameter that nobody knows',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['Bo', 'dyhello']]),
  ],
  [
    "another account's sid",
    403,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'AccountSid', ACCOUNT.replace('0', '1'))),
  ],
  ['JSON', 415, async ({ twilio, hook }, params) => twilio.post(hook, params, { 'content-type': 'application/json' })],
  [
    'ten megabytes',
    413,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'Body', 'x'.repeat(10_000_000))),
  ],
  [
    'a million files',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'NumMedia', '1000000')),
  ],
  [
    'a file on a host that looks like the provider',
    400,
    async ({ twilio, hook }, params) => {
      const sid = params.find(([key]) => key === 'MessageSid')?.[1] ?? '';
      const url = `${twilio.api}.evil.example/2010-04-01/Accounts/${ACCOUNT}/Messages/${sid}/Media/${sidOf('ME')}`;
      return twilio.post(hook, [...changed(params, 'NumMedia', '1'), ['MediaUrl0', url]]);
    },
  ],
  [
    'a number that is not ours',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'To', '+15005550009')),
  ],
  [
    'an id with a path in it',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'MessageSid', '../SM')),
  ],
];

it.each(cases)('%s is answered %i and leaves no trace', async (_name, status, act) => {
  await using w = await world(settings, 'https://gw.example');
  const params: Params = inbound(message(), w.twilio.api).map(([key, value]) => [key, value]);
  const answer = await act(w, params);
  expect(answer).toEqual({ status, body: '' });
  expect(w.drafts).toEqual([]);
  expect(await w.host.state.list({ prefix: 'in/' })).toEqual([]);
  expect(await w.host.state.list({ prefix: 'thread/' })).toEqual([]);
});

it('a text is acknowledged with an empty document, and a replay after a month changes nothing', async () => {
  await using w = await world(settings, 'https://gw.example');
  const params = inbound(message(), w.twilio.api);
  const good = { status: 200, body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>' };
  expect(await w.twilio.post(w.hook, params)).toEqual(good);
  w.clock.advance(31 * 24 * 3_600_000);
  expect(await w.twilio.post(w.hook, params)).toEqual(good);
  expect(w.told(alice)).toEqual(['hello']);
});

it('a text that cannot be kept is not acknowledged, and comes by the poll', async () => {
  await using w = await world(settings);
  w.bridge.pause(true);
  expect(await w.twilio.receive({ from: PHONE, to: OUR, body: 'while paused' })).toEqual([{ status: 503, body: '' }]);
  expect(w.told(alice)).toEqual([]);
  w.bridge.pause(false);
  await w.when('the text', () => w.told(alice).includes('while paused'));
});

it('a status is acknowledged once what it says is kept', async () => {
  await using w = await world(settings);
  const id = w.send(alice, 'hello');
  await w.outcomes(id);
  const [message] = w.twilio.messages;
  await w.twilio.fare(message?.sid ?? '', 'sent');
  const release = w.holdEmits();
  let answered = false;
  const answer = w.twilio.fare(message?.sid ?? '', 'delivered').finally(() => {
    answered = true;
  });
  await w.when('the outcome', () => w.settled.length === 2);
  expect(answered).toBe(false);
  release();
  expect(await answer).toEqual({ status: 204, body: '' });
});
