import { createHmac } from 'node:crypto';
import { ACCOUNT, type FakeMessage, ROOT, TOKEN } from './twilio-messages.ts';

export type Params = readonly (readonly [string, string])[];

/** The signature of a request (www.twilio.com/docs/usage/security), in words of our own. */
export function signature(url: string, params: Params): string {
  const joined = [...params].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => key + value);
  return createHmac('sha1', TOKEN)
    .update(url + joined.join(''))
    .digest('base64');
}

export const encoded = (params: Params): string =>
  params.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');

/** The parameters with which a text from outside is told. */
export function inbound(message: FakeMessage, api: string, profile?: string): (readonly [string, string])[] {
  return [
    ['ToCountry', 'US'],
    ['SmsMessageSid', message.sid],
    ['NumMedia', String(message.media.length)],
    ['SmsSid', message.sid],
    ['SmsStatus', 'received'],
    ['Body', message.body],
    ['To', message.to],
    ['NumSegments', '1'],
    ['MessageSid', message.sid],
    ['AccountSid', ACCOUNT],
    ['From', message.from],
    ['ApiVersion', '2010-04-01'],
    ...(profile === undefined ? [] : [['ProfileName', profile] as const]),
    ...message.media.flatMap(({ sid, type }, index): (readonly [string, string])[] => [
      [`MediaUrl${index}`, `${api}${ROOT}/Messages/${message.sid}/Media/${sid}`],
      [`MediaContentType${index}`, type],
    ]),
  ];
}

/** The parameters with which it is told how a message of ours fares. */
export function statusOf({ sid, status, from, to, error }: FakeMessage): (readonly [string, string])[] {
  return [
    ['SmsSid', sid],
    ['SmsStatus', status],
    ['MessageStatus', status],
    ['To', to],
    ['MessageSid', sid],
    ['AccountSid', ACCOUNT],
    ['From', from],
    ['ApiVersion', '2010-04-01'],
    ...(error === null ? [] : [['ErrorCode', String(error)] as const]),
  ];
}
