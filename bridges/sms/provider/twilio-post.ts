import { type InboundText, RequestRefused, type WebhookRequest } from './provider.ts';
import { type StatusUpdate, statusWord } from './statuses.ts';
import { mayBeCut, type SignedFields, type SignedParams, signed, type TwilioAccount } from './twilio-signed.ts';

const SID = /^(?:SM|MM)[0-9a-fA-F]{32}$/;
/** Twilio accepts texts of 1600 characters; what others send is joined to no more than a few thousand. */
const MOST_TEXT = 10_000;
/** What senders are called on any channel is shorter. */
const MOST_SENDER = 256;
/** A number, or one on another channel: `whatsapp:+14155552671`. Nothing else fits behind it. */
const SENDER_NUMBER = /^(?:[a-z]+:)?\+?\d{1,20}$/;

/** What always follows a sender. */
const ABOUT_SENDER = /^From(?:City|Country|State|Zip)$/;

const MEDIA = /^MediaUrl(\d{1,2})$/;
const INBOUND_READ = new Set(['AccountSid', 'Body', 'From', 'MessageSid', 'NumMedia', 'ProfileName', 'To']);
const INBOUND_HIDDEN = /From(?:[+\d]|[a-z]+:)|MessageSid(?:SM|MM)[0-9a-fA-F]{32}|MediaUrl\d+http/;
const INBOUND: SignedFields = {
  read: (key) => INBOUND_READ.has(key) || MEDIA.test(key),
  hides(key, value) {
    // `SmsMessageSid` and its like tell an id of their own.
    if (SID.test(value)) return INBOUND_HIDDEN.test(key);
    // Only what sorts before a text can hold its name.
    return INBOUND_HIDDEN.test(key + value) || (key < 'Body' && (key + value).includes('Body'));
  },
};

const STATUS_READ = new Set(['AccountSid', 'ErrorCode', 'MessageSid', 'MessageStatus']);
const STATUS_HIDDEN = /ErrorCode\d|MessageSid(?:SM|MM)[0-9a-fA-F]{32}|MessageStatus[a-z]/;
const STATUS: SignedFields = {
  read: (key) => STATUS_READ.has(key),
  hides: (key, value) => STATUS_HIDDEN.test(SID.test(value) ? key : key + value),
};

function fitting(value: string | undefined, pattern: RegExp): string {
  if (value === undefined || !pattern.test(value)) throw new RequestRefused(400);
  return value;
}

/** A text from outside. `unsure`: the signature fits another sender or text as well, so that the provider is asked. */
export type SignedText = { readonly text: InboundText; readonly unsure: boolean };

/** Reads the webhook of a text from outside. Throws `RequestRefused`. */
export function readInbound(post: WebhookRequest, trusted: TwilioAccount): SignedText {
  const found = signed(post, trusted, INBOUND);
  const { params } = found;
  const sid = fitting(params.get('MessageSid'), SID);
  const to = params.get('To') ?? '';
  if (!trusted.numbers.includes(to)) throw new RequestRefused(400);
  const from = params.get('From');
  const text = params.get('Body') ?? '';
  if (from === undefined || from.length > MOST_SENDER || text.length > MOST_TEXT) throw new RequestRefused(400);
  if (INBOUND_HIDDEN.test(from) || /MessageSid(?:SM|MM)[0-9a-fA-F]{32}/.test(text)) throw new RequestRefused(400);
  const name = nameOf(found);
  const beside = { ...found, others: found.others.filter((key) => !ABOUT_SENDER.test(key)) };
  return {
    text: { sid, from, to, text, media: mediaOf(found, sid, trusted), ...(name !== undefined && { name }) },
    unsure:
      mayBeCut(found, 'Body', 'From') ||
      (!SENDER_NUMBER.test(from) && (INBOUND_HIDDEN.test(text) || mayBeCut(beside, 'From', 'MessageSid'))),
  };
}

/**
 * The addresses of what came with a text. A list with gaps has what it has, and its count says nothing that matters:
 * only one that no provider ever sends is refused.
 */
function mediaOf({ params }: SignedParams, sid: string, trusted: TwilioAccount): readonly string[] {
  if (/^\d{3,}$/.test(params.get('NumMedia') ?? '')) throw new RequestRefused(400);
  const urls = [...params]
    .flatMap(([key, url]) => {
      const index = MEDIA.exec(key)?.[1];
      return index === undefined || url === '' ? [] : [{ index: Number(index), url }];
    })
    .sort((a, b) => a.index - b.index)
    .map(({ url }) => url);
  if (!urls.every((url) => isOwnMedia(url, sid, trusted))) throw new RequestRefused(400);
  return urls;
}

/** What the sender is called, if that is surely all of it. `ReferralNumMedia` always follows it. */
function nameOf(found: SignedParams): string | undefined {
  const others = found.others.filter((key) => key !== 'ReferralNumMedia');
  return mayBeCut({ ...found, others }, 'ProfileName', 'SmsMessageSid') ? undefined : found.params.get('ProfileName');
}

/** Whether an address is that of a file of this very message at our provider: it will be sent our credentials. */
export function isOwnMedia(url: string, sid: string, { accountSid, api }: TwilioAccount): boolean {
  const path = `${api}/2010-04-01/Accounts/${accountSid}/Messages/${sid}/Media/`;
  return url.startsWith(path) && /^ME[0-9a-fA-F]{32}$/.test(url.slice(path.length));
}

/** Reads a status callback: nothing in it has a free form. Throws `RequestRefused`. */
export function readStatus(post: WebhookRequest, trusted: TwilioAccount): StatusUpdate {
  const { params } = signed(post, trusted, STATUS);
  const status = statusWord.safeParse(params.get('MessageStatus'));
  if (!status.success) throw new RequestRefused(400);
  const code = params.get('ErrorCode') ?? '';
  return {
    sid: fitting(params.get('MessageSid'), SID),
    status: status.data,
    ...(code !== '' && code !== '0' && { code: fitting(code, /^\d{4,6}$/) }),
  };
}
