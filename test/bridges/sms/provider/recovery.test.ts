import { expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import type { Fault, Twilio, Whims } from '../../../fakes/twilio.ts';
import { alice, OUR, PHONE, world } from '../harness.ts';

const HOUR = 3_600_000;
const OWNED = { owners: { [OUR]: { user: 'alice@a.example', dedicated: true } } };

/** Lists fail as long as there is such a fault. */
function listsFail(twilio: Twilio, fault: Fault): { end(): void } {
  const usual: Whims = { create: () => undefined, list: () => fault, created: () => undefined, listed: () => true };
  twilio.whims = usual;
  return {
    end() {
      twilio.whims = undefined;
    },
  };
}

it('a text whose failure is told before the answer was taken and has failed: it is not sent again', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'early', statuses: ['failed'] });
  const [taken, failed] = await w.outcomes(w.send(alice, 'hello'), 2);
  expect(taken).toMatchObject({ state: 'taken' });
  expect(failed).toBeInstanceOf(Failure);
});

it('a text that a callback tells of is in no doubt, even while that is being kept', async () => {
  await using w = await world();
  const kept = Promise.withResolvers<void>();
  const { emit } = w.host;
  w.host.emit = async (drafts, writes = []) => {
    if (writes.some(({ value }) => String(value).includes('"rank":2'))) await kept.promise;
    return emit(drafts, writes);
  };
  w.twilio.whims = {
    create: () => ({ kind: 'done-then', status: 500 }),
    list: () => undefined,
    listed: () => true,
    async created({ sid }) {
      void w.twilio.fare(sid, 'sent');
      await w.when('the callback', () => w.settled.length > 0);
    },
  };
  const first = w.send(alice, 'hello');
  await w.twilio.when(() => w.twilio.working === 0 && w.twilio.messages.length > 0);
  await w.twilio.when(() => w.twilio.open === 0);
  w.twilio.whims = undefined;
  await w.outcomes(w.send(alice, 'a barrier', { to: '+14155552672' }));
  kept.resolve();
  await w.outcomes(w.send(alice, 'another'));
  expect(await w.outcomes(first)).toMatchObject([{ state: 'taken' }]);
});

it.each<Fault>([{ kind: 'refuse', status: 500, code: 20500 }, { kind: 'break' }, { kind: 'garbage' }])(
  'a doubt stays one as long as the list cannot be read (%o)',
  async (fault) => {
    await using w = await world();
    w.twilio.faults.push({ kind: 'done-then', status: 500 });
    const event = w.event(alice, 'only once');
    w.bridge.deliver(event);
    await w.outcomes(event.id);
    const lists = listsFail(w.twilio, fault);
    await expect(w.bridge.reconcile?.(event)).rejects.toBeInstanceOf(Failure);
    lists.end();
    expect(await w.bridge.reconcile?.(event)).toBe('sent');
  },
);

it('a doubt outlives a stop of the gateway', async () => {
  await using w = await world();
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'lost');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  const found = w.bridge.reconcile?.(event);
  w.stop();
  await expect(found).rejects.toMatchObject({ code: 'stopping' });
});

it('a text is found hours later where the list could never be read before', async () => {
  const lists: { end(): void }[] = [];
  await using w = await world(OWNED, undefined, (twilio) => {
    twilio.now = Date.now();
    lists.push(listsFail(twilio, { kind: 'refuse', status: 503, code: 20500 }));
  });
  w.twilio.now = w.clock.now();
  w.twilio.silent = true;
  await w.text('is anybody there?');
  await w.bridge[Symbol.asyncDispose]();
  w.clock.advance(5 * HOUR);
  for (const one of lists) one.end();
  await w.restart();
  expect(await w.when('the text', () => w.drafts.find(({ kind }) => kind === 'message'))).toMatchObject({
    text: 'is anybody there?',
  });
});

it('more texts are found than a page of the list has', async () => {
  const COUNT = 1100;
  await using w = await world(OWNED);
  w.twilio.now = w.clock.now();
  w.twilio.silent = true;
  for (let text = 0; text < COUNT; text++) await w.twilio.receive({ from: PHONE, to: OUR, body: `text ${text}` });
  await w.restart();
  await w.when('all of them', () => w.drafts.length === COUNT);
  expect(w.told(alice)).toEqual(Array.from({ length: COUNT }, (_, text) => `text ${text}`));
});
