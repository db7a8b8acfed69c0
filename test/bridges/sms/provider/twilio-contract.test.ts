import { expect, it } from 'vitest';
import { z } from 'zod';
import { statusWords } from '#bridges/sms/provider/statuses.ts';
import { type Twilio, twilioServer } from '../../../fakes/twilio.ts';
import { contract, operationOf, strayFields } from '../../../fakes/twilio-contract.ts';
import { ACCOUNT, sidOf, TOKEN } from '../../../fakes/twilio-messages.ts';
import { OUR, PHONE } from '../harness.ts';

const ROOT = `/2010-04-01/Accounts/${ACCOUNT}`;

async function ask(twilio: Twilio, path: string, form?: Record<string, string>) {
  const authorization = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;
  const body = form && new URLSearchParams(form);
  const method = body ? 'POST' : 'GET';
  const response = await fetch(twilio.api + ROOT + path, { method, headers: { authorization }, ...(body && { body }) });
  const answer = z.record(z.string(), z.unknown()).parse(await response.json());
  const operation = operationOf(method, (ROOT + path).replace(/\?.*/, ''));
  return { status: response.status, answer, operation };
}

/** Everything of an answer that is not as Twilio describes it. */
function strays({ status, answer, operation }: Awaited<ReturnType<typeof ask>>): string[] {
  if (!operation) return ['there is no such operation'];
  const wrong = status === operation.status ? [] : [`status: ${status}`];
  const { list, answer: kind } = operation;
  if (list === undefined) return [...wrong, ...strayFields(kind, answer)];
  const { [list]: entries, ...page } = answer;
  return [
    ...wrong,
    ...strayFields('page', page),
    ...z
      .array(z.object({}).loose())
      .parse(entries)
      .flatMap((one) => strayFields(kind, one)),
  ];
}

/** A fake with messages in every state that there is, both ways, and a file. */
async function stocked(): Promise<Twilio> {
  const twilio = await twilioServer();
  for (const status of contract.schemas.message.status?.enum ?? []) {
    const { answer } = await ask(twilio, '/Messages.json', { From: OUR, To: PHONE, Body: status });
    await twilio.fare(String(answer.sid), status, status === 'failed' ? 30003 : undefined);
  }
  const media = [{ type: 'image/png', bytes: Buffer.from('a picture') }];
  await twilio.receive({ from: PHONE, to: OUR, body: 'look', media });
  return twilio;
}

it('what the fake answers is as Twilio describes it', async () => {
  await using twilio = await stocked();
  const sid = twilio.messages[0]?.sid ?? '';
  const file = twilio.messages[0]?.media[0]?.sid ?? '';
  const sent = {
    From: OUR,
    To: PHONE,
    Body: 'hi',
    StatusCallback: 'https://gw.example/status',
    MediaUrl: 'https://a.example/b',
  };
  const asked: readonly (readonly [string, Record<string, string>?])[] = [
    ['/Messages.json', { ...sent, MessagingServiceSid: sidOf('MG') }],
    ['/Messages.json'],
    ['/Messages.json?PageSize=2&Page=1'],
    [`/Messages.json?To=${encodeURIComponent(OUR)}&From=${encodeURIComponent(PHONE)}&DateSent%3E=2001-01-01T00:00:00Z`],
    [`/Messages/${sid}.json`],
    [`/Messages/${sid}/Media.json`],
    [`/Messages/${sid}/Media/${file}.json`],
  ];
  for (const [path, form] of asked) expect(strays(await ask(twilio, path, form)), path).toEqual([]);
});

it.each([
  ['a field that is not described', { From: OUR, To: PHONE, Body: 'hi', Text: 'hi' }],
  ['a request without a recipient', { From: OUR, Body: 'hi' }],
])('%s is refused by the fake', async (_name, form) => {
  await using twilio = await twilioServer();
  expect(await ask(twilio, '/Messages.json', form)).toMatchObject({ status: 400, answer: { code: 20001 } });
  expect(twilio.messages).toEqual([]);
});

it('the words for how a message fares are the ones that Twilio has', () => {
  expect([...statusWords].sort()).toEqual([...(contract.schemas.message.status?.enum ?? [])].sort());
});
