import { afterEach, expect, it, vi } from 'vitest';
import { bridge as definition } from '#bridges/sms/index.ts';
import { openTwilio } from '#bridges/sms/provider/twilio.ts';
import { Failure } from '#src/model/failure.ts';
import { ACCOUNT, TOKEN } from '../../../fakes/twilio.ts';
import { sidOf } from '../../../fakes/twilio-messages.ts';
import { eventually } from '../../../patience.ts';
import { alice, OUR, PHONE, type World, world } from '../harness.ts';

afterEach(() => void vi.unstubAllGlobals());

const OWNED = { owners: { [OUR]: { user: 'alice@a.example' } } };
const picture = { type: 'image/png', bytes: Buffer.from('a picture') };
const LOST = '[A file came with this text, and could not be fetched.]';

/** Moves time on by seconds until something is so. Gives how many seconds that took. */
async function until(w: World, so: () => boolean): Promise<number> {
  const begun = w.clock.now();
  await eventually(
    () => {
      if (!so()) w.clock.advance(1000);
      expect(so()).toBe(true);
    },
    { interval: 10 },
  );
  return (w.clock.now() - begun) / 1000;
}

it('a picture that is not ready yet is asked for again soon, and its text does not wait for it', async () => {
  await using w = await world({ ...OWNED, poll: '1d' });
  w.twilio.unready = 4;
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: [picture] });
  expect(w.told(alice)).toEqual(['look']);
  await until(w, () => w.kept.length > 0);
  await w.when('the file', () => w.drafts.length === 2);
  expect(w.told(alice)).toEqual(['look', '']);
  expect(w.twilio.unready).toBe(0);
});

it('a picture that never is ready is given up after a while, and told', async () => {
  await using w = await world({ ...OWNED, poll: '1m' });
  w.twilio.unready = 1000;
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: [picture] });
  await until(w, () => w.told(alice).includes(LOST));
  expect(w.twilio.unready).toBe(990);
  expect(await w.host.state.list({ prefix: 'file/' })).toEqual([]);
});

it('texts that come in between cost a picture that is not ready none of its tries', async () => {
  await using w = await world({ ...OWNED, poll: '1d' });
  w.twilio.unready = 1;
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: [picture] });
  await w.twilio.when(() => w.twilio.unready === 0);
  w.twilio.unready = 20;
  for (let other = 0; other < 12; other++)
    await w.twilio.receive({ from: PHONE, to: OUR, body: `${other}`, media: [picture] });
  await w.twilio.when(() => w.twilio.unready <= 8);
  await w.text('a barrier');
  expect(w.twilio.unready).toBe(8);
  w.twilio.unready = 0;
  await until(w, () => w.kept.length === 13);
  expect(w.told(alice)).not.toContain(LOST);
});

it('a picture that is too large is given up at once', async () => {
  await using w = await world(OWNED);
  w.host.media.put = () => Promise.reject(new Failure('too-large'));
  await w.twilio.receive({ from: PHONE, to: OUR, body: 'look', media: [picture] });
  await w.when('the word of it', () => w.told(alice).includes(LOST));
});

it.each([
  ['http://cdn.example/file', false],
  ['ftp://cdn.example/file', false],
  ['https://user:secret@cdn.example/file', false],
  ['https://cdn.example/file', true],
  ['/elsewhere', true],
])('a file that leads from https to %s: followed is %s', async (location, follows) => {
  const { provider: config } = definition.config.parse({
    provider: {
      kind: 'twilio',
      account_sid: ACCOUNT,
      auth_token: TOKEN,
      numbers: [OUR],
      api_url: 'https://api.example',
    },
  });
  if (config.kind !== 'twilio') throw new Error('this is another provider');
  await using provider = openTwilio(config, false);
  vi.stubGlobal('fetch', async () => new Response(null, { status: 307, headers: { location } }));
  const url = `https://api.example/2010-04-01/Accounts/${ACCOUNT}/Messages/${sidOf('MM')}/Media/${sidOf('ME')}`;
  const elsewhere = vi.fn(async (_url: string) => new Response('a picture'));
  const answer = provider.file(url, elsewhere);
  if (follows) expect(await (await answer).text()).toBe('a picture');
  else await expect(answer).rejects.toMatchObject({ code: 'not-allowed' });
  expect(elsewhere.mock.calls).toEqual(follows ? [[new URL(location, url).href]] : []);
});
