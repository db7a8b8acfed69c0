import { expect, it } from 'vitest';
import { MOST_PAGES } from '#bridges/sms/provider/twilio-list.ts';
import { alice, OUR, PHONE, type World, world } from '../harness.ts';

const settings = { owners: { [OUR]: { user: 'alice@a.example' } } };
const words = Array.from({ length: 7 }, (_, index) => `text ${index}`);

/** Texts that no webhook told of, each a second after the one before. */
async function missed(w: World): Promise<void> {
  w.twilio.silent = true;
  for (const body of words) {
    w.clock.advance(1000);
    w.twilio.now = w.clock.now();
    await w.text(body);
  }
}

it('what was missed comes from all pages of the list, in order and once', async () => {
  await using w = await world(settings);
  w.twilio.pageSize = 2;
  await missed(w);
  await w.restart();
  await w.when('all texts', () => w.told(alice).length === words.length);
  expect(w.told(alice)).toEqual(words);
});

it('a text in doubt is found behind the first page, and what is older than it is not read', async () => {
  await using w = await world({ owners: { [OUR]: { user: 'alice@a.example', dedicated: true } } });
  w.twilio.now = w.clock.now();
  for (const body of words) await w.outcomes(w.send(alice, body));
  w.clock.advance(3_600_000);
  w.twilio.now = w.clock.now();
  w.twilio.faults.push({ kind: 'done-then', status: 500 });
  const event = w.event(alice, 'only once');
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  for (const body of words.slice(0, 3)) await w.outcomes(w.send(alice, body));
  w.twilio.pageSize = 2;
  const before = w.twilio.pages;
  expect(await w.bridge.reconcile?.(event)).toBe('sent');
  // Two pages hold what was sent since then; a third one tells that all that follows is older.
  expect(w.twilio.pages - before).toBe(3);
});

it('a list without end is given up, and what is not found in it stays in doubt', async () => {
  await using w = await world(settings);
  w.twilio.now = w.clock.now();
  await w.outcomes(w.send(alice, 'hello'));
  w.twilio.faults.push({ kind: 'break' });
  const event = w.event(alice, 'lost', { to: PHONE });
  w.bridge.deliver(event);
  await w.outcomes(event.id);
  w.twilio.endless = true;
  const before = w.twilio.pages;
  await expect(w.bridge.reconcile?.(event)).rejects.toMatchObject({ code: 'too-large', certain: false });
  expect(w.twilio.pages - before).toBe(MOST_PAGES);
});
