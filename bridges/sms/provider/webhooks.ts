import type { InboundTexts } from '#bridges/sms/texts/inbound.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { RequestRefused, type WebhookRequest } from './provider.ts';
import type { DeliveryTracking } from './tracking.ts';

/** Bodies are a few kilobytes at most. */
const MOST_BYTES = 64 * 1024;
/** How long a request may take until it is kept, in milliseconds; providers wait for 15 s. */
const MOST_TIME = 10_000;
/** Seconds after which another try is worth it. */
const LATER = 30;

type Served = Pick<SmsTransport, 'host' | 'provider'> & {
  readonly inbound: InboundTexts;
  readonly tracking: DeliveryTracking;
  /** Whether nothing may be taken in at the moment: what was missed is asked for later. */
  paused(): boolean;
};

/** The routes that the provider calls. What is not the provider's leaves no trace but the status of its answer. */
export function serveWebhooks({ host, provider, inbound, tracking, paused }: Served): void {
  const guarded =
    (path: string, serve: (post: WebhookRequest) => Promise<Response>) =>
    async (request: Request): Promise<Response> => {
      if (paused()) return later();
      try {
        return await serve(await postOf(request, path));
      } catch (error) {
        if (error instanceof RequestRefused) return new Response(null, { status: error.status });
        if (error instanceof Failure) {
          host.log.warn({ err: error, path }, 'what the provider tells cannot be kept now');
          return later();
        }
        throw error;
      }
    };

  /** Signatures are over the address that the operator configured, whatever the request says of itself. */
  async function postOf(request: Request, path: string): Promise<WebhookRequest> {
    const base = host.http.url(path);
    if (base === undefined) throw new RequestRefused(404);
    const { search } = new URL(request.url);
    return { url: base + search, headers: request.headers, body: await request.text() };
  }

  host.http.route(
    { method: 'POST', path: '/inbound', maxBytes: MOST_BYTES },
    guarded('/inbound', async (post) => {
      await inTime(host.clock, inbound.take(await provider.parseInbound(post)));
      return provider.acknowledge();
    }),
  );
  host.http.route(
    { method: 'POST', path: '/status', maxBytes: MOST_BYTES },
    guarded('/status', async (post) => {
      const news = provider.parseStatus(post);
      const ref = refOf(post.url);
      if (ref === undefined) throw new RequestRefused(400);
      await inTime(host.clock, tracking.news(ref, news));
      return new Response(null, { status: 204 });
    }),
  );
}

/** What is not kept in time is not acknowledged. It goes on, and a repeat finds it done. */
async function inTime(clock: Clock, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(MOST_TIME, () => late.reject(new Failure('queue-full')));
  try {
    await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

/** RFC 9110 §15.6.4: what cannot be kept now may be sent again, and the poll finds it otherwise. */
const later = (): Response => new Response(null, { status: 503, headers: { 'Retry-After': String(LATER) } });

/** Our own reference in the address of a callback, if it is one that we made. */
export function refOf(url: string): string | undefined {
  const pairs = [...new URL(url).searchParams];
  const [[key, ref] = []] = pairs;
  return pairs.length === 1 && key === 'ref' && ref !== '' ? ref : undefined;
}
