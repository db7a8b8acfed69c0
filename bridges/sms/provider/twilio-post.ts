import { timingSafeEqual } from 'node:crypto';
import twilio from 'twilio';
import { type Inbound, type Post, Unwelcome } from './provider.ts';
import { type StatusNews, statusWord } from './statuses.ts';

/** What the requests of one account are checked against. */
export type Trusted = {
  readonly accountSid: string;
  readonly token: string;
  readonly numbers: readonly string[];
  readonly api: string;
};

const SID = /^(?:SM|MM)[0-9a-fA-F]{32}$/;
const MOST_MEDIA = 10;
/** Twilio accepts texts of 1600 characters; what others send is joined to no more than a few thousand. */
const MOST_TEXT = 10_000;

const COMMON =
  'AccountSid ApiVersion From To MessageSid SmsMessageSid SmsSid SmsStatus MessagingServiceSid ' +
  'FromCity FromState FromZip FromCountry ToCity ToState ToZip ToCountry';
const INBOUND = new Set(
  (
    `${COMMON} Body NumMedia NumSegments ReferralNumMedia OptOutType ProfileName WaId Forwarded ` +
    'FrequentlyForwarded ButtonText ButtonPayload OriginalRepliedMessageSid OriginalRepliedMessageSender ' +
    'MessageType ChannelMetadata AddOns'
  ).split(' '),
);
const STATUS = new Set(
  (
    `${COMMON} MessageStatus ErrorCode ErrorMessage RawDlrDoneDate ChannelToAddress ChannelPrefix ` +
    'ChannelInstallSid ChannelStatusMessage StructuredMessage EventType'
  ).split(' '),
);
const isMedia = (key: string): boolean => /^Media(?:Url|ContentType)\d$/.test(key);

/**
 * The parameters of a request that Twilio has signed. The signature covers the address that the operator configured and
 * all parameters, but joins them without separators: so only known ones are taken, each once.
 */
function signed(post: Post, trusted: Trusted, known: (key: string) => boolean): ReadonlyMap<string, string> {
  const type = post.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(type)) throw new Unwelcome(415);
  const pairs = [...new URLSearchParams(post.body)];
  const params = new Map(pairs);
  if (params.size !== pairs.length || pairs.some(([key]) => !known(key))) throw new Unwelcome(400);
  // A header that is there twice comes joined by a comma, and matches nothing.
  const given = Buffer.from(post.headers.get('x-twilio-signature') ?? '');
  const expected = Buffer.from(twilio.getExpectedTwilioSignature(trusted.token, post.url, Object.fromEntries(params)));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Unwelcome(403);
  if (params.get('AccountSid') !== trusted.accountSid) throw new Unwelcome(403);
  return params;
}

function fitting(value: string | undefined, pattern: RegExp): string {
  if (value === undefined || !pattern.test(value)) throw new Unwelcome(400);
  return value;
}

/** Reads the webhook of a text from outside. Throws `Unwelcome`. */
export function readInbound(post: Post, trusted: Trusted): Inbound {
  const params = signed(post, trusted, (key) => INBOUND.has(key) || isMedia(key));
  const sid = fitting(params.get('MessageSid'), SID);
  const to = params.get('To') ?? '';
  if (!trusted.numbers.includes(to)) throw new Unwelcome(400);
  const count = Number(fitting(params.get('NumMedia') ?? '0', /^\d{1,2}$/));
  if (count > MOST_MEDIA) throw new Unwelcome(400);
  const media = Array.from({ length: count }, (_, index) => params.get(`MediaUrl${index}`) ?? '');
  if (!media.every((url) => isOwnMedia(url, sid, trusted))) throw new Unwelcome(400);
  const text = params.get('Body') ?? '';
  if (text.length > MOST_TEXT) throw new Unwelcome(400);
  return { sid, from: fitting(params.get('From'), /^.{1,40}$/s), to, text, media };
}

/** Whether an address is that of a file of this very message at our provider: it will be sent our credentials. */
export function isOwnMedia(url: string, sid: string, { accountSid, api }: Trusted): boolean {
  const path = `${api}/2010-04-01/Accounts/${accountSid}/Messages/${sid}/Media/`;
  return url.startsWith(path) && /^ME[0-9a-fA-F]{32}$/.test(url.slice(path.length));
}

/** Reads a status callback. Throws `Unwelcome`. */
export function readStatus(post: Post, trusted: Trusted): StatusNews {
  const params = signed(post, trusted, (key) => STATUS.has(key));
  const status = statusWord.safeParse(params.get('MessageStatus'));
  if (!status.success) throw new Unwelcome(400);
  const code = params.get('ErrorCode') ?? '';
  return {
    sid: fitting(params.get('MessageSid'), SID),
    status: status.data,
    ...(code !== '' && code !== '0' && { code: fitting(code, /^\d{4,6}$/) }),
  };
}
