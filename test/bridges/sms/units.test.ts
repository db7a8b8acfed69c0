import { expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { ACCOUNT, inbound } from '../../fakes/twilio.ts';
import { sidOf } from '../../fakes/twilio-messages.ts';
import { eventually } from '../../patience.ts';
import { alice, bob, OUR, PHONE, type World, world } from './harness.ts';

const MENU = 'Who is this for? Reply with the number only.\n1 Alice\n2 Bob';
const form = { fields: [{ name: 'a', label: 'A?', type: 'boolean' }] } as const;

/** The store of a world that can go away between two writes. When lists were read is no matter. */
type Units = {
  /** How many writes were durable, each a unit of its own. */
  readonly count: number;
  /** From now on so many units are durable, and none after them until it is back. */
  breakAfter(units: number): void;
  back(): void;
};

function unitsOf({ host }: World): Units {
  let count = 0;
  let left = Number.POSITIVE_INFINITY;
  const { emit, state } = host;
  const { put, delete: remove } = state;
  const unit = <T>(work: () => T): T | Promise<never> => {
    if (left <= 0) return Promise.reject(new Failure('queue-full'));
    left -= 1;
    count += 1;
    return work();
  };
  host.emit = (drafts, writes = []) => {
    const polled = drafts.length === 0 && writes.every(({ key }) => key.startsWith('poll/'));
    return polled ? emit(drafts, writes) : unit(() => emit(drafts, writes));
  };
  state.put = (...call) => unit(() => put(...call));
  state.delete = (...call) => unit(() => remove(...call));
  return {
    get count() {
      return count;
    },
    breakAfter(units) {
      left = units;
    },
    back() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

/** All that is kept, of the transport and of who writes. */
const kept = async ({ host: { state } }: World) =>
  Promise.all([state.list({ prefix: '' }), ...[alice, bob].map((account) => state.list({ account, prefix: '' }))]);

/** All but the forms: what they have to say goes later. */
const settledOf = (scopes: Awaited<ReturnType<typeof kept>>) =>
  scopes.map((entries) => entries.filter(({ key }) => !key.startsWith('form/')));

/** The provider calls again for the newest text that came. */
async function repeat(w: World): Promise<number> {
  const [last] = w.twilio.messages.filter(({ direction }) => direction === 'inbound');
  if (!last) throw new Error('nothing came');
  const { status } = await w.twilio.post(w.hook, inbound(last, w.twilio.api, w.twilio.profiles.get(last.from)));
  return status;
}

/** A user has written, and all of that is kept. */
async function written(w: World, account = alice): Promise<void> {
  const id = w.send(account, 'hi');
  await w.outcomes(id);
  await expect.poll(async () => (await w.host.state.get({ key: `msg/${id}` }))?.includes('"rank":1')).toBe(true);
}

async function both(w: World): Promise<void> {
  await written(w, alice);
  await written(w, bob);
}

async function opted(w: World): Promise<void> {
  await both(w);
  await w.text('STOP');
}

const media = [{ type: 'image/png', bytes: Buffer.from('a picture') }];

type Row = [what: string, before: (w: World) => Promise<unknown>, text: { body: string; media?: typeof media }];

const rows: Row[] = [
  ['a text that goes to a user', written, { body: 'hello' }],
  ['a text with a file', written, { body: 'look', media }],
  ['a text that a menu is sent for', both, { body: 'for whom?' }],
  [
    'the answer to a menu',
    async (w) => {
      await both(w);
      await w.text('for whom?');
      await w.nth(2);
    },
    { body: '2' },
  ],
  [
    'the answer to a form',
    async (w) => {
      const { id, at, live, place, from } = w.event(alice, '');
      w.bridge.deliver({ id, at, live, place, from, kind: 'message', style: 'plain', text: '', form });
      await w.outcomes(id);
      await expect.poll(async () => (await w.host.state.get({ key: `msg/${id}` }))?.includes('"rank":1')).toBe(true);
    },
    { body: '1' },
  ],
  ['STOP', both, { body: 'STOP' }],
  ['START', opted, { body: 'START' }],
  ['a text of who wants none', opted, { body: 'for whom?' }],
  ['HELP', both, { body: 'HELP' }],
];

it.each(rows)('%s changes all or nothing, and is there once however often it is told', async (_what, before, text) => {
  await using w = await world();
  const units = unitsOf(w);
  await before(w);
  const [was, told, charged, sent] = [await kept(w), w.drafts.length, w.charged.length, w.sent().length];
  units.breakAfter(0);
  const [refused] = await w.twilio.receive({ from: PHONE, to: OUR, ...text });
  expect(refused?.status).toBe(503);
  expect([await kept(w), w.drafts.length, w.charged.length, w.sent().length]).toEqual([was, told, charged, sent]);
  units.breakAfter(1);
  expect(await repeat(w)).toBe(200);
  expect(await kept(w)).not.toEqual(was);
  units.back();
  // A file is told by itself, once it was fetched.
  if ('media' in text)
    await eventually(() => {
      w.clock.advance(1000);
      expect(w.drafts.length).toBe(told + 2);
    });
  const [is, all] = [settledOf(await kept(w)), w.drafts.length];
  expect(await repeat(w)).toBe(200);
  expect([settledOf(await kept(w)), w.drafts.length]).toEqual([is, all]);
});

it('two texts at once that nobody is known for both wait, and one menu goes', async () => {
  await using w = await world();
  await both(w);
  await Promise.all([w.text('one'), w.text('two'), w.text('three')]);
  expect(await w.nth(2)).toBe(MENU);
  await w.text('1');
  expect(w.told(alice).toSorted()).toEqual(['one', 'three', 'two']);
  expect(w.sent()).toHaveLength(3);
});

it('a reaction to a text that could not be kept finds it once it was', async () => {
  await using w = await world();
  const units = unitsOf(w);
  await w.outcomes(w.send(alice, 'hi'));
  units.breakAfter(0);
  await w.text('maybe');
  await w.text('Edited to “surely”', { from: '+14155550123' });
  units.back();
  await w.text('Edited to “surely”');
  expect(w.drafts).toMatchObject([{ kind: 'message', text: 'Edited to “surely”' }]);
});

it('nothing of a text of ours is kept, and nothing of it is sent or paid, unless all of it is', async () => {
  await using w = await world({ texts: { first: '{name} via {domain}. '.repeat(6) } });
  const units = unitsOf(w);
  const was = await kept(w);
  units.breakAfter(0);
  expect(await w.outcomes(w.send(alice, 'hi'))).toMatchObject([{ code: 'queue-full', certain: true }]);
  expect([await kept(w), w.sent(), w.charged]).toEqual([was, [], []]);
  units.back();
  units.breakAfter(1);
  const id = w.send(alice, 'hi');
  expect(await w.outcomes(id)).toMatchObject([{ state: 'taken' }]);
  expect(w.sent()).toHaveLength(1);
});

it('what is undone of a text that was refused is undone at once', async () => {
  await using w = await world();
  const units = unitsOf(w);
  w.twilio.faults.push({ kind: 'refuse', status: 400, code: 21211 });
  const before = units.count;
  await w.outcomes(w.send(alice, 'hi'));
  expect(units.count - before).toBe(2);
  expect(w.drafts).toMatchObject([{ kind: 'presence', show: 'xa' }]);
  expect(await w.host.state.list({ prefix: 'open/' })).toEqual([]);
  await w.outcomes(w.send(alice, 'again'));
  expect(w.sent()).toEqual(['Alice: again']);
});

it('a text that was kept and never sent says who writes when it is', async () => {
  await using w = await world({ texts: { first: '{name} via {domain}' } });
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'hi');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  w.clock.advance(60_000);
  expect(await w.bridge.reconcile?.(event)).toBe('not-sent');
  w.bridge.deliver(event);
  await w.outcomes(event.id, 2);
  expect(w.sent()).toEqual(['Alice via a.example\nhi']);
});

it('a text that a callback tells of before it is tried again is not sent again', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'hi');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  w.clock.advance(60_000);
  expect(await w.bridge.reconcile?.(event)).toBe('not-sent');
  const path = `status?ref=${event.id}`;
  const hook = { url: new URL(path, w.hook.url).href, real: new URL(path, w.hook.real).href };
  const news = { MessageSid: sidOf('SM'), MessageStatus: 'sent', AccountSid: ACCOUNT };
  expect((await w.twilio.post(hook, Object.entries(news))).status).toBe(204);
  w.bridge.deliver(event);
  await w.outcomes(w.send(alice, 'a barrier'));
  expect(w.sent()).toEqual(['a barrier']);
  expect(await w.outcomes(event.id, 2)).toMatchObject([{ certain: false }, { state: 'taken' }]);
});

it('what a callback tells of a phone and what the phone says at once are told one after the other', async () => {
  await using w = await world();
  await w.outcomes(w.send(alice, 'hi'));
  const { get } = w.host.state;
  const reading = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  w.host.state.get = async (at) => {
    const found = await get(at);
    if (!at.key.startsWith('stop/')) return found;
    w.host.state.get = get;
    reading.resolve();
    await release.promise;
    return found;
  };
  const failed = w.twilio.fare(w.twilio.messages[0]?.sid ?? '', 'undelivered', 30003);
  await reading.promise;
  const stopped = w.text('STOP');
  await w.text('a barrier', { from: '+14155550123' });
  release.resolve();
  await Promise.all([failed, stopped]);
  expect(w.drafts.at(-1)).toMatchObject({ kind: 'presence', status: expect.stringMatching(/answered STOP/) });
});

it('what a phone calls itself is told with the first text for each user, or its file, and once', async () => {
  await using w = await world();
  await both(w);
  w.twilio.profiles.set(PHONE, 'Mercutio');
  await w.twilio.receive({ from: PHONE, to: OUR, body: '#2 look', media });
  await w.when('the file', () => w.drafts.length === 2);
  await w.text('#1 hi');
  await w.text('#1 hi again');
  const names = w.drafts.map(({ from }) => (from.kind === 'network' ? from.name : undefined));
  expect(names).toEqual(['Mercutio', undefined, 'Mercutio', undefined]);
});
