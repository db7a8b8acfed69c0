import { randomBytes } from 'node:crypto';

export const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`;
export const TOKEN = 'a token of the fake';

export type FakeMedia = { readonly sid: string; readonly type: string; readonly bytes: Buffer };

/** A message as the fake keeps it. */
export type FakeMessage = {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound-api';
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly service: string | null;
  readonly mediaUrls: readonly string[];
  readonly media: readonly FakeMedia[];
  readonly callback: string | undefined;
  readonly created: number;
  status: string;
  error: number | null;
};

export const sidOf = (kind: string): string => kind + randomBytes(16).toString('hex');

const date = (time: number): string => new Date(time).toUTCString().replace('GMT', '+0000');
export const ROOT = `/2010-04-01/Accounts/${ACCOUNT}`;

/** A message in the words of the Messages resource. */
export function render(message: FakeMessage): object {
  const uri = `${ROOT}/Messages/${message.sid}`;
  const inbound = message.direction === 'inbound';
  return {
    account_sid: ACCOUNT,
    api_version: '2010-04-01',
    body: message.body,
    date_created: date(message.created),
    date_sent: inbound || message.status !== 'queued' ? date(message.created) : null,
    date_updated: date(message.created),
    direction: message.direction,
    error_code: message.error,
    error_message: message.error === null ? null : 'It failed.',
    from: message.from,
    messaging_service_sid: message.service,
    num_media: String(message.media.length),
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** What came with a message in the words of the Media resource. */
export const renderMedia = ({ sid: parent }: FakeMessage, { sid, type }: FakeMedia) => ({
  sid,
  account_sid: ACCOUNT,
  parent_sid: parent,
  content_type: type,
  date_created: null,
  date_updated: null,
  uri: `${ROOT}/Messages/${parent}/Media/${sid}.json`,
});

/** A page of a list, as every resource of the API gives it: at most `most` entries, whatever is asked for. */
export function page<T>(
  name: string,
  items: readonly T[],
  url: URL,
  { show, most = 1000 }: { readonly show: (item: T) => object; readonly most?: number },
): object {
  const size = Math.min(Number(url.searchParams.get('PageSize') ?? 50), most);
  const number = Number(url.searchParams.get('Page') ?? 0);
  const start = number * size;
  const uriOf = (index: number): string => {
    const other = new URL(url);
    other.searchParams.set('Page', String(index));
    other.searchParams.set('PageSize', String(size));
    return other.pathname + other.search;
  };
  return {
    [name]: items.slice(start, start + size).map(show),
    page: number,
    page_size: size,
    start,
    end: Math.max(start, Math.min(start + size, items.length) - 1),
    uri: url.pathname + url.search,
    first_page_uri: uriOf(0),
    next_page_uri: start + size < items.length ? uriOf(number + 1) : null,
    previous_page_uri: number > 0 ? uriOf(number - 1) : null,
  };
}

/** What Twilio's magic numbers for tests answer with (www.twilio.com/docs/iam/test-credentials). */
export function magic(from: string, to: string): number | undefined {
  if (from === '+15005550001') return 21212;
  if (to.endsWith('5550009')) return 21614;
  if (to.endsWith('5550004')) return 21610;
  if (to.endsWith('5550001')) return 21211;
  return undefined;
}
