import { expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { type Answered, inbound, signature } from '../../../fakes/twilio.ts';
import { ACCOUNT, type FakeMessage, sidOf } from '../../../fakes/twilio-messages.ts';
import { encoded, statusOf } from '../../../fakes/twilio-webhooks.ts';
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
    'a parameter that holds the text',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['Bo', 'dyhello']]),
  ],
  [
    'a parameter that holds a sender',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['Carrier', 'xFrom+15550001111']]),
  ],
  [
    'a parameter whose name holds a sender',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['CFrom', '+15550001111']]),
  ],
  [
    'a parameter that holds an id',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['Later', `xMessageSid${sidOf('SM')}`]]),
  ],
  ...['', 'lower', 'With space', 'From-1', 'Ümlaut', 'X'.repeat(80), 'A', 'Nummer123'].map(
    (name): (typeof cases)[number] => [
      `a parameter called ${JSON.stringify(name.slice(0, 12))}`,
      400,
      async ({ twilio, hook }, params) => twilio.post(hook, [...params, [name, 'x']]),
    ],
  ),
  [
    'a new parameter twice',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, [...params, ['NewThing', '1'], ['NewThing', '2']]),
  ],
  [
    'a sender that goes on with another parameter',
    400,
    async ({ twilio, hook }, params) => twilio.post(hook, changed(params, 'From', '+15550001111From+14155552671')),
  ],
  [
    'no sender',
    400,
    async ({ twilio, hook }, params) =>
      twilio.post(
        hook,
        params.filter(([key]) => key !== 'From'),
      ),
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

const GOOD = { status: 200, body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>' };

it.each([
  ['NewThing', '1'],
  ['ConversationSid', `CH${'0'.repeat(32)}`],
  ['ReplyToMessageSid', sidOf('SM')],
  ['Zone2', '{"to":"From here"}'],
  ['BrandId', ''],
])('a parameter that nobody knows yet (%s) changes nothing', async (key, value) => {
  await using w = await world(settings, 'https://gw.example');
  expect(await w.twilio.post(w.hook, [...inbound(message(), w.twilio.api), [key, value]])).toEqual(GOOD);
  expect(w.told(alice)).toEqual(['hello']);
});

it('a status callback may hold a parameter that nobody knows yet', async () => {
  await using w = await world(settings);
  const id = w.send(alice, 'hello');
  await w.outcomes(id);
  const [sent] = w.twilio.messages;
  if (!sent?.callback) throw new Error('no callback was asked for');
  const real = w.hook.real.replace(/inbound$/, 'status') + new URL(sent.callback).search;
  const params = statusOf({ ...sent, status: 'delivered' });
  expect(await w.twilio.post({ url: sent.callback, real }, [...params, ['Latency', '12']])).toMatchObject({
    status: 204,
  });
  await w.outcomes(id, 2);
});

it('the end of a text that may have been made a parameter is asked for at the provider', async () => {
  await using w = await world(settings);
  w.twilio.silent = true;
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'pay nobody. Do not pay Capulet!' });
  const [text] = w.twilio.messages;
  if (!text) throw new Error('no text was sent');
  const whole: Params = inbound(text, w.twilio.api).map(([key, value]) => [key, value]);
  const cut: Params = [...changed(whole, 'Body', 'pay nobody. Do not pay '), ['Capulet', '!']];
  expect(signature(w.hook.url, cut)).toBe(signature(w.hook.url, whole));
  expect(await w.twilio.post(w.hook, cut)).toMatchObject({ status: 200 });
  expect(w.told(alice)).toEqual(['pay nobody. Do not pay Capulet!']);
});

it('a sender that was cut out of a text is asked for at the provider', async () => {
  await using w = await world(settings);
  w.twilio.silent = true;
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'hello' });
  const [text] = w.twilio.messages;
  if (!text) throw new Error('no text was sent');
  const whole: Params = [...inbound(text, w.twilio.api).map(([key, value]): [string, string] => [key, value])];
  const cut: Params = [...changed(changed(whole, 'Body', `helloFrom${PHONE}`), 'From', 'CityVERONA')];
  expect(signature(w.hook.url, cut)).toBe(signature(w.hook.url, [...whole, ['FromCity', 'VERONA']]));
  expect(await w.twilio.post(w.hook, cut)).toMatchObject({ status: 200 });
  expect(w.drafts).toMatchObject([{ text: 'hello', from: { id: PHONE } }]);
});

it('what the provider cannot be asked about is not taken, and may come again', async () => {
  await using w = await world(settings);
  w.twilio.whims = {
    create: () => undefined,
    list: () => ({ kind: 'refuse', status: 503, code: 20_500 }),
    created: () => undefined,
    listed: () => true,
  };
  const params: Params = [
    ...inbound(message(), w.twilio.api).map(([k, v]): [string, string] => [k, v]),
    ['Carrier', '1'],
  ];
  expect(await w.twilio.post(w.hook, params)).toEqual({ status: 503, body: '' });
  expect(w.drafts).toEqual([]);
  w.twilio.whims = undefined;
  expect(await w.twilio.post(w.hook, params)).toEqual(GOOD);
  expect(w.told(alice)).toEqual(['hello']);
});

it.each([
  ['a gap', ['0', '2'], '2'],
  ['no count', ['0', '1'], undefined],
  ['a count of none', ['0', '1'], '0'],
  ['a count of more', ['0', '1'], '3'],
  ['a count that is none', ['0', '1'], 'two'],
  ['two digits', ['9', '10'], '2'],
])('a list of files with %s takes no text away, and what is there comes', async (_name, places, count) => {
  await using w = await world(settings);
  w.twilio.silent = true;
  const files = places.map((at) => ({ type: 'image/png', bytes: Buffer.from(`picture ${at}`) }));
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: files });
  const [text] = w.twilio.messages;
  if (!text) throw new Error('no text was sent');
  const params = inbound(text, w.twilio.api).flatMap(([key, value]): Params => {
    if (key === 'NumMedia') return count === undefined ? [] : [[key, count]];
    return [[key.replace(/(?<=^Media\D+)\d$/, (at) => places[Number(at)] ?? ''), value]];
  });
  expect(await w.twilio.post(w.hook, params)).toEqual(GOOD);
  await w.when('the files', () => w.drafts.length === 3);
  expect(w.told(alice)).toEqual(['look', '', '']);
  expect(w.kept.map(({ bytes }) => bytes.toString())).toEqual(places.map((at) => `picture ${at}`));
});

it('what a sender calls itself comes along, unless that may have been cut', async () => {
  await using w = await world(settings, 'https://gw.example');
  const named = (name: string, more: Params = []): Params => [
    ...inbound(message(), w.twilio.api).map(([key, value]): [string, string] => [key, value]),
    ['ProfileName', name],
    ['ReferralNumMedia', '0'],
    ...more,
  ];
  for (const params of [
    named('Mercutio'),
    named('Mercutio ', [['Queen', 'Mab']]),
    named('+1 415 555 2671'),
    named(' '),
  ])
    expect(await w.twilio.post(w.hook, params)).toEqual(GOOD);
  expect(w.drafts.map(({ from }) => from)).toEqual([
    { kind: 'network', id: PHONE, name: 'Mercutio' },
    ...[1, 2, 3].map(() => ({ kind: 'network', id: PHONE })),
  ]);
});

it.each(['+', '', 'Capulet', ' ', 'a name that is longer than any that is known here'])(
  'a text whose sender is %j is delivered, and not lost',
  async (from) => {
    await using w = await world(settings, 'https://gw.example');
    expect(await w.twilio.post(w.hook, inbound({ ...message(), from }, w.twilio.api))).toEqual(GOOD);
    expect(w.told(alice)).toEqual(['hello']);
  },
);

it('what is not kept in time may come again, and a repeat finds it done', async () => {
  await using w = await world(settings, 'https://gw.example');
  const params = inbound(message(), w.twilio.api);
  const release = w.holdEmits();
  const answer = w.twilio.post(w.hook, params);
  await w.when('the text', () => w.told(alice).length === 1);
  w.clock.advance(10_000);
  expect(await answer).toEqual({ status: 503, body: '' });
  release();
  expect(await w.twilio.post(w.hook, params)).toEqual(GOOD);
  expect(w.told(alice)).toEqual(['hello']);
});

it('a store that is away is no bug of the bridge: what it refuses may come again later', async () => {
  await using w = await world(settings, 'https://gw.example');
  const params = inbound(message(), w.twilio.api);
  const post = () =>
    fetch(w.hook.real, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': signature(w.hook.url, params),
      },
      body: encoded(params),
    });
  const { get } = w.host.state;
  w.host.state.get = () => Promise.reject(new Failure('queue-full'));
  const refused = await post();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
  w.host.state.get = get;
  expect((await post()).status).toBe(200);
  expect(w.told(alice)).toEqual(['hello']);
});
