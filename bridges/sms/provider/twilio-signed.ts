import { timingSafeEqual } from 'node:crypto';
import twilio from 'twilio';
import { RequestRefused, type WebhookRequest } from './provider.ts';

/** What the requests of one account are checked against. */
export type TwilioAccount = {
  readonly accountSid: string;
  readonly token: string;
  readonly numbers: readonly string[];
  readonly api: string;
};

/** Which parameters of a request are read, and whether one that is not holds the name and value of one that is. */
export type SignedFields = { read(key: string): boolean; hides(key: string, value: string): boolean };

/** The parameters of a request, and the names of those that are not read. */
export type SignedParams = { readonly params: ReadonlyMap<string, string>; readonly others: readonly string[] };

/** Names as Twilio makes them: letters, and the place in a list. */
const NAME = /^[A-Z][A-Za-z]{1,63}\d{0,2}$/;

/**
 * The parameters of a request that Twilio has signed. Those that are not read may be any, each is there once. Throws
 * `RequestRefused`.
 *
 * The signature is over the address that the operator configured and all parameters, sorted and joined without
 * separators: it fits every other way to cut the same characters into names and values. Who gets hold of a request
 * before us must not gain by that. To give us another value of what we read, its true name and value have to go
 * elsewhere: into a parameter that is not read, where `hides` finds them, or into one whose format has no room for
 * them. Only the end of a text of free form can be cut off, where a parameter that is not read seems to follow it:
 * `mayBeCut` tells of that.
 */
export function signed(post: WebhookRequest, trusted: TwilioAccount, { read, hides }: SignedFields): SignedParams {
  const type = post.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(type)) throw new RequestRefused(415);
  const pairs = [...new URLSearchParams(post.body)];
  const params = new Map(pairs);
  if (params.size !== pairs.length) throw new RequestRefused(400);
  const others = [...params].filter(([key]) => !read(key));
  if (others.some(([key, value]) => !NAME.test(key) || hides(key, value))) throw new RequestRefused(400);
  // A header that is there twice comes joined by a comma, and matches nothing.
  const given = Buffer.from(post.headers.get('x-twilio-signature') ?? '');
  const expected = Buffer.from(twilio.getExpectedTwilioSignature(trusted.token, post.url, Object.fromEntries(params)));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new RequestRefused(403);
  if (params.get('AccountSid') !== trusted.accountSid) throw new RequestRefused(403);
  return { params, others: others.map(([key]) => key) };
}

/** Whether the end of the value of `key` may have become a parameter: one that is not read sorts before the `next`. */
export const mayBeCut = ({ others }: SignedParams, key: string, next: string): boolean =>
  others.some((other) => other > key && other < next);
