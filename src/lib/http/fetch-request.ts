import type { FetchInit, Refuse } from './fetch.ts';

/** One hop of a request. */
export type FetchRequest = {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FetchInit['body'];
  /** Bytes of a body that is a stream, where they are known. */
  readonly size: number | undefined;
  /** Who named the host, where that is not whoever else. */
  readonly namedBy: FetchInit['namedBy'];
};

/** What the connection sets by itself, and what would turn one request into two. */
const OURS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** What another host may hear: nothing that could be a credential. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent', 'range']);

/** The first hop. Throws what `refuse` makes of an address that is no request's. */
export function firstRequest(address: string, init: FetchInit, refuse: Refuse): FetchRequest {
  const headers = [...new Headers(init.headers)].filter(([name]) => !OURS.has(name));
  return {
    url: checked(address, undefined, refuse),
    method: (init.method ?? 'GET').toUpperCase(),
    headers: Object.fromEntries(headers),
    body: init.body,
    size: init.size,
    namedBy: init.namedBy,
  };
}

/** Where a redirect leads (RFC 9110 §15.4). Another host gets no credentials and no body. */
export function nextRequest(
  last: FetchRequest,
  { status, location }: { readonly status: number; readonly location: string },
  refuse: Refuse,
): FetchRequest {
  const url = redirected(last.url, location, refuse);
  const same = url.origin === last.url.origin;
  // §15.4.4: 303 asks for a GET; §15.4.2 and §15.4.3 allow it after a POST.
  const get = status === 303 ? last.method !== 'HEAD' : status < 303 && last.method === 'POST';
  if (!get && last.body !== undefined && (!same || last.body instanceof ReadableStream))
    throw refuse('bad-url', `${last.url.host} wants what was sent to it to go to ${url.host}.`);
  const kept = Object.entries(last.headers).filter(
    ([name]) => (same || HARMLESS.has(name)) && !(get && name.startsWith('content-')),
  );
  return {
    url,
    method: get ? 'GET' : last.method,
    headers: Object.fromEntries(kept),
    body: get ? undefined : last.body,
    size: get ? undefined : last.size,
    namedBy: same ? last.namedBy : undefined,
  };
}

/**
 * The address that an answer leads to, for whoever followed it so far by other means as well. Throws what `refuse` makes
 * of one that is no request's, or that leaves an encrypted connection for one that is not.
 */
export function redirected(last: URL, location: string, refuse: Refuse): URL {
  const url = checked(location, last, refuse);
  if (last.protocol === 'https:' && url.protocol === 'http:')
    throw refuse('bad-url', `${last.host} redirects to a connection that is not encrypted.`);
  return url;
}

function checked(address: string, base: URL | undefined, refuse: Refuse): URL {
  const url = URL.parse(address, base?.href);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw refuse('bad-url', 'Only http and https addresses can be fetched.');
  if (url.username !== '' || url.password !== '') throw refuse('bad-url', 'The address holds a password.');
  return url;
}
