import { expect, it } from 'vitest';
import type { Event } from '#src/model/event.ts';
import type { Form } from '#src/model/form.ts';
import { inbound } from '../../../fakes/twilio.ts';
import { alice, bob, OUR, PHONE, type World, world } from '../harness.ts';

const DAY = 24 * 3_600_000;
const form: Form<string> = {
  fields: [
    { name: 'a', label: 'A?', type: 'boolean' },
    { name: 'b', label: 'B?', type: 'boolean' },
  ],
};
const first = 'A?\n1 True\n2 False\nReply with the number only. 0 leaves.';
const second = 'B?\n3 True\n4 False\nReply with the number only. 0 leaves.';

function formOf(w: World, account: typeof alice): Event {
  const { id, at, live, place, from } = w.event(account, '');
  return { id, at, live, place, from, kind: 'message', style: 'plain', text: '', form };
}
const ask = (w: World): void => void w.bridge.deliver(formOf(w, alice));
const endings = (w: World) =>
  w.drafts.flatMap((draft) => (draft.kind === 'message' && draft.form?.ending ? [draft.form.ending.state] : []));

it('a form that nobody answers in time comes back cancelled, once, and a late answer hears so', async () => {
  await using w = await world();
  ask(w);
  expect(await w.nth(0)).toBe(`Alice: ${first}`);
  w.clock.advance(DAY + 1);
  await w.when('the end', () => endings(w).length > 0);
  await w.text('1');
  expect(await w.nth(1)).toMatch(/closed/);
  expect(endings(w)).toEqual(['cancel']);
});

it('a question that the provider refused goes later, and the answers before it hold', async () => {
  await using w = await world();
  ask(w);
  await w.nth(0);
  w.twilio.faults.push({ kind: 'refuse', status: 500, code: 20500 });
  await w.text('2');
  await w.twilio.when(() => w.twilio.faults.length === 0 && w.twilio.open === 0);
  w.clock.advance(5 * 60_000);
  expect(await w.nth(1)).toBe(second);
  await w.text('4');
  await w.when('the submit', () => endings(w).length > 0);
  expect(w.drafts.at(-1)).toMatchObject({
    form: {
      fields: [
        { name: 'a', value: ['false'] },
        { name: 'b', value: ['false'] },
      ],
    },
  });
});

it('a replay, another phone and another number of ours answer nothing', async () => {
  const more = '+15005550007';
  await using w = await world({ provider: { numbers: [OUR, more] } });
  ask(w);
  await w.nth(0);
  await w.text('1');
  expect(await w.nth(1)).toBe(second);
  const [answer] = w.twilio.messages.filter(({ direction }) => direction === 'inbound');
  if (!answer) throw new Error('no answer came');
  for (const hook of w.twilio.hooks) await w.twilio.post(hook, inbound(answer, w.twilio.api));
  await w.text('3', { from: '+14155552672' });
  await w.text('3', { to: more });
  expect(endings(w)).toEqual([]);
  expect(w.sent()).toHaveLength(2);
});

it('a second form for the phone waits for nobody, and another user hears that there is one', async () => {
  await using w = await world();
  ask(w);
  await w.nth(0);
  const event = formOf(w, bob);
  const { id } = event;
  w.bridge.deliver(event);
  expect(await w.outcomes(id)).toMatchObject([{ code: 'not-acceptable' }]);
  expect(w.sent()).toHaveLength(1);
  await w.text('1', { from: PHONE });
  expect(await w.nth(1)).toBe(second);
});
