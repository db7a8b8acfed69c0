import type { Http, Serve } from '#src/bridge.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { readBody, SlowBody } from './body.ts';
import { type Files, type MediaPages, mediaPages } from './media.ts';
import { openRoutes } from './routes.ts';
import { failed, plain } from './status.ts';

/** What the public listener serves beside the health pages. Opened before everything that has something to serve. */
export type Site = {
  /** The routes of one transport. */
  http(transport: string): Http;
  /** From now on requests are answered; before, senders are asked to come back. */
  open(files: Files): void;
  /** Refuses what is new and resolves when all that was under way has been answered, or after a while. */
  close(): Promise<void>;
  /** Answers a request below /hooks/. */
  hook(request: Request): Promise<Response>;
  /** Answers a request below /media/. */
  media(request: Request): Promise<Response>;
};

type SiteParts = {
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  readonly metrics: Metrics;
};

type Served = { readonly transport: string; readonly maxBytes: number; readonly serve: Serve };
type Asked = { readonly request: Request; readonly url: string; readonly params: Readonly<Record<string, string>> };

/** How long requests that are being answered may take when the gateway stops, in milliseconds. */
const GRACE = 2000;
/** What a bridge sees where the operator has configured no public URL (RFC 6761 §6.4). */
const NOWHERE = 'http://gateway.invalid';

/** A site without routes. Nothing is asked of a request's own idea of where it went: no Host, no X-Forwarded-Host. */
export function openSite({ publicUrl, clock, metrics }: SiteParts): Site {
  const routes = openRoutes<Served>();
  const running = new Set<Promise<Response>>();
  let state: 'starting' | 'open' | 'closed' = 'starting';
  let files: MediaPages = async () => plain(404, 'There is nothing here.');

  /** Runs what answers a request, unless the gateway is not there for it. */
  function during(work: () => Promise<Response>): Promise<Response> {
    if (state === 'starting') return Promise.resolve(plain(503, 'The gateway is starting.', { 'Retry-After': '5' }));
    if (state === 'closed') return Promise.resolve(plain(503, 'The gateway is stopping.', { 'Retry-After': '30' }));
    const answer = work();
    running.add(answer);
    const done = () => running.delete(answer);
    answer.then(done, done);
    return answer;
  }

  async function answerHook(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const { methods, params } = routes.find(pathname) ?? {};
    if (!methods || !params) return plain(404, 'There is nothing here.');
    const route = methods.get(request.method === 'HEAD' ? 'GET' : request.method);
    // RFC 9110 §15.5.6
    const answer = route
      ? await serve(route, { request, params, url: (publicUrl ?? NOWHERE) + pathname + search })
      : plain(405, 'This method is not known here.', { Allow: [...methods.keys()].join(', ') });
    const [first] = methods.values();
    if (first) metrics.count('isthmus_hooks_total', { transport: first.transport, status: String(answer.status) });
    return answer;
  }

  async function serve({ maxBytes, serve: run }: Served, { request, url, params }: Asked): Promise<Response> {
    try {
      const bodiless = request.method === 'GET' || request.method === 'HEAD';
      const body = bodiless ? undefined : await readBody(request, maxBytes, clock);
      const { method, headers } = request;
      return await run(new Request(url, { method, headers, ...(body && { body }) }), params);
    } catch (error) {
      if (error instanceof SlowBody) return plain(408, 'The request took too long.', { Connection: 'close' });
      return failed(error);
    }
  }

  return {
    http: (transport) => ({
      route: ({ method, path, maxBytes }, run) =>
        routes.add({ method, path: pathBelow(transport, path) }, { transport, maxBytes, serve: run }),
      url: (path) => (publicUrl === undefined ? undefined : publicUrl + pathBelow(transport, path)),
    }),
    open(there) {
      files = mediaPages(there);
      state = 'open';
    },
    async close() {
      state = 'closed';
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(GRACE, late.resolve);
      await Promise.race([Promise.allSettled(running), late.promise]);
      cancel();
    },
    hook: (request) => during(() => answerHook(request)),
    media: (request) => during(() => files(request).catch(failed)),
  };
}

/** As the URL parser writes it, so that it is found again. */
const pathBelow = (transport: string, path: string): string =>
  new URL(`/hooks/${encodeURIComponent(transport)}/${path.replace(/^\/+/, '')}`, NOWHERE).pathname;
