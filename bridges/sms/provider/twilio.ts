import twilio from 'twilio';
import { z } from 'zod';
import type { TwilioConfig } from '#bridges/sms/config.ts';
import type { Refuse } from '#src/lib/http/fetch.ts';
import { redirected } from '#src/lib/http/fetch-request.ts';
import { Failure } from '#src/model/failure.ts';
import { refusalOf } from './failures.ts';
import type { InboundText, ListedText, Provider } from './provider.ts';
import { statusWord } from './statuses.ts';
import { twilioHttp } from './twilio-http.ts';
import { type ListPage, PAGE, readPages } from './twilio-list.ts';
import { isOwnMedia, readInbound, readStatus } from './twilio-post.ts';
import type { TwilioAccount } from './twilio-signed.ts';

const MOST_MEDIA = 10;
/** An empty TwiML document: any text in the answer would be sent as an SMS. */
const NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';

/** The first hop is ours, because our credentials go along: what it leads to is checked as all others are. */
const refuseFetch: Refuse = (_reason, text, cause) => new Failure('not-allowed', { text, cause });

/** What the SDK makes of a message, checked: what answers may be something compatible. */
const answer = z.object({
  sid: z.string().regex(/^(?:SM|MM)[0-9a-fA-F]{32}$/),
  status: statusWord,
  errorCode: z.number().nullish(),
});
const entry = answer.extend({
  direction: z.string(),
  from: z.string().nullish(),
  to: z.string(),
  body: z.string().nullish(),
  numMedia: z.string().nullish(),
  dateCreated: z.date().nullish(),
  dateSent: z.date().nullish(),
});

/** Twilio, or what is compatible with it, through its SDK. */
export function openTwilio(config: TwilioConfig, mms: boolean): Provider {
  const stop = new AbortController();
  const token = config.auth_token.open();
  const trusted: TwilioAccount = {
    accountSid: config.account_sid,
    token,
    numbers: config.numbers,
    api: config.api_url,
  };
  // The SDK types its client as its own class and calls nothing of it but `request`.
  const httpClient = twilioHttp(config.api_url, config.timeout, stop.signal) as unknown as InstanceType<
    typeof twilio.RequestClient
  >;
  const client = twilio(config.account_sid, token, { httpClient, lazyLoading: true });

  /** A text in the provider's own words. One that it does not know yet is as its signature has it. */
  async function asListed(text: InboundText): Promise<InboundText> {
    const found = await client
      .messages(text.sid)
      .fetch()
      .catch((error: unknown) => (statusOf(error) === 404 ? undefined : refused(error)));
    if (!found) return text;
    const one = listed(found)[0];
    if (one?.direction !== 'in') throw new Failure('remote-server-timeout');
    return { ...text, from: one.from, to: one.to, text: one.text };
  }

  return {
    capabilities: { webhooks: true, mms },
    async send({ from, to, text, media, callback }) {
      const sent = client.messages.create({
        to,
        from,
        body: text,
        ...(media.length > 0 && { mediaUrl: [...media] }),
        ...(callback !== undefined && { statusCallback: callback }),
        ...(config.messaging_service_sid !== undefined && { messagingServiceSid: config.messaging_service_sid }),
      });
      const { sid, status, errorCode } = read(answer, await sent.catch(refused));
      return { sid, status, ...(errorCode != null && { code: String(errorCode) }) };
    },
    async list({ direction, to, since }) {
      // What is on its way out has no date of sending yet, so it is asked for without one and compared here.
      const first: Promise<ListPage<unknown>> = client.messages.page({
        to,
        pageSize: PAGE,
        ...(direction === 'in' && { dateSentAfter: new Date(since) }),
      });
      const old = (value: unknown): boolean => listed(value).some(({ at }) => at < since);
      const found = await readPages(first, old).catch(refused);
      return found.flatMap(listed).filter((one) => one.direction === direction && one.at >= since);
    },
    async mediaOf(sid) {
      const found = await client.messages(sid).media.list({ limit: MOST_MEDIA }).catch(refused);
      const base = `${config.api_url}/2010-04-01/Accounts/${config.account_sid}/Messages/${sid}/Media/`;
      return found.map((one) => base + one.sid).filter((url) => isOwnMedia(url, sid, trusted));
    },
    async file(url, elsewhere) {
      const credentials = Buffer.from(`${config.account_sid}:${token}`).toString('base64');
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(config.timeout)]);
      const response = await fetch(url, {
        headers: { Authorization: `Basic ${credentials}` },
        redirect: 'manual',
        signal,
      }).catch((error: unknown) => {
        throw new Failure('remote-server-timeout', { cause: error });
      });
      const next = response.headers.get('location');
      if (response.status < 300) return response;
      await response.body?.cancel();
      if (response.status >= 400 || next === null) throw refusalOf(response.status, undefined);
      return elsewhere(redirected(new URL(url), next, refuseFetch).href);
    },
    async parseInbound(post) {
      const { text, unsure } = readInbound(post, trusted);
      return unsure ? asListed(text) : text;
    },
    parseStatus: (post) => readStatus(post, trusted),
    acknowledge: () => new Response(NOTHING, { headers: { 'content-type': 'text/xml' } }),
    async [Symbol.asyncDispose]() {
      stop.abort();
    },
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const found = schema.safeParse(value);
  if (!found.success) throw new Failure('remote-server-timeout', { certain: false, cause: found.error });
  return found.data;
}

/** The HTTP status that the SDK rejects with. */
const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;

/** What the SDK rejects with, as a failure. An answer that cannot be read may be of something that was done. */
function refused(error: unknown): never {
  if (error instanceof Failure) throw error;
  const status = statusOf(error);
  if (status !== undefined) {
    const code = error instanceof Error && 'code' in error && error.code != null ? String(error.code) : undefined;
    throw refusalOf(status, code);
  }
  throw new Failure('remote-server-timeout', { certain: false, cause: error });
}

/** An entry of the list, or nothing where it is of no use. */
function listed(value: unknown): readonly ListedText[] {
  const found = entry.safeParse(value);
  if (!found.success) return [];
  const { sid, status, direction, from, to, body, numMedia, dateCreated, dateSent, errorCode } = found.data;
  const at = dateCreated ?? dateSent;
  if (!at) return [];
  return [
    {
      sid,
      status,
      direction: direction === 'inbound' ? 'in' : 'out',
      from: from ?? '',
      to,
      text: body ?? '',
      at: at.getTime(),
      mediaCount: Number(numMedia ?? 0),
      ...(errorCode != null && { code: String(errorCode) }),
    },
  ];
}
