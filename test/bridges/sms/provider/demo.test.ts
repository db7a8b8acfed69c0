import { expect, it } from 'vitest';
import { bridge as definition } from '#bridges/sms/index.ts';
import { demoPhones } from '#bridges/sms/provider/demo.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';
import { alice, DOMAIN, PHONE } from '../harness.ts';

const OURS = '+15550100';

it('phones of the demonstration get texts and write back', async () => {
  const w = testHost(DOMAIN, {});
  const config = definition.config.parse({ provider: { kind: 'demo', numbers: [OURS] }, countries: ['US'] });
  const bridge = await definition.open(config, w.host);
  const phones = demoPhones(DOMAIN);
  let looks = 0;
  phones?.watch(() => {
    looks += 1;
  });
  const id = newEventId();
  const place = { kind: 'contact', account: alice, id: PHONE } as const;
  const from = { kind: 'network', id: 'x' } as const;
  bridge.deliver({ id, at: 0, live: true, place, from, kind: 'message', style: 'plain', text: 'hi' });
  await w.when('both outcomes', () => w.settled.length === 2);
  expect(w.settled.map(({ outcome }) => (outcome instanceof Failure ? outcome.code : outcome.state))).toEqual([
    'taken',
    'delivered',
  ]);
  await phones?.write(PHONE, OURS, 'hello alice');
  expect(w.drafts).toMatchObject([{ kind: 'message', text: 'hello alice', place }]);
  expect(phones?.texts.map(({ text }) => text)).toEqual(['Alice via a.example. Reply STOP to end.\nhi', 'hello alice']);
  expect(looks).toBe(2);
  await bridge[Symbol.asyncDispose]();
  expect(demoPhones(DOMAIN)).toBeUndefined();
});
