import { createHash, timingSafeEqual } from 'node:crypto';
import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { type Json, listOf, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import type { Host, Serve } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';

export type TransactionParts = {
  readonly host: Host;
  readonly config: MatrixConfig;
  /** Takes an event; rejects with a `Failure` where it is to be told again. */
  take(event: unknown): Promise<void>;
  ephemeral(edu: unknown): Promise<void>;
  /** Whether there is, or can be, a user of that id; one of ours is made. */
  user(id: string): Promise<boolean>;
  /** The id of the ghost of an address. */
  ghostOf(bare: string): string;
  /** The address of XMPP that a user of ours stands for. */
  bareOf(user: string): string | undefined;
  paused(): boolean;
};

/** Homeservers send up to 100 events at a time, of 64 KiB each. */
const MOST_BYTES = 16 * 1024 * 1024;
const SMALL = 64 * 1024;
/** Transactions that are remembered. */
const REMEMBERED = 500;
/** For how long (ms) an event that broke the reader is kept. */
const QUARANTINE = 30 * 24 * 3_600_000;
/** Where homeservers call us, and where older ones do (application service API, "Legacy routes"), such as Dendrite of before 2024. */
const [BASE, LEGACY] = ['/_matrix/app/v1', ''];
/** What homeservers call our network, in the registration and in questions. */
export const PROTOCOL = 'xmpp';

const protocolFacts = (domain: string): object => ({
  user_fields: ['jid'],
  location_fields: [],
  icon: '',
  field_types: { jid: { regexp: '[^@]+@[^@]+', placeholder: 'alice@example.org' } },
  instances: [{ desc: domain, network_id: domain, fields: {} }],
});

const json = (body: object, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
const refused = (status: number, errcode: string): Response => json({ errcode, error: errcode }, status);

/** The routes that the homeserver calls (application service API §4). Only what is durable is answered 200. */
export function serveTransactions(parts: TransactionParts): void {
  const { host, config, take } = parts;
  const done = openRecent<true>(REMEMBERED);
  const expected = digest(config.appservice.hs_token.open());
  let line: Promise<unknown> = Promise.resolve();

  const guarded =
    (serve: Serve): Serve =>
    async (request, params) => {
      const given = tokenOf(request);
      if (given === undefined) return refused(401, 'M_MISSING_TOKEN');
      if (!timingSafeEqual(digest(given), expected)) return refused(403, 'M_FORBIDDEN');
      return serve(request, params);
    };

  function route(method: 'GET' | 'POST' | 'PUT', path: string, serve: Serve, maxBytes = SMALL): void {
    for (const base of [BASE, LEGACY]) host.http.route({ method, path: base + path, maxBytes }, guarded(serve));
  }

  async function takeAll(body: Json): Promise<void> {
    const byRoom = Map.groupBy(listOf(body.events), (event) => textOf(objectOf(event).room_id) ?? '');
    await Promise.all([...byRoom.values()].map(takeInOrder));
    // Both names: the stable one, and that of MSC2409, by which older homeservers send it.
    const edus = [...listOf(body.ephemeral), ...listOf(body['de.sorunome.msc2409.ephemeral'])];
    for (const edu of edus) await apart(edu, parts.ephemeral);
  }

  async function takeInOrder(events: readonly unknown[]): Promise<void> {
    for (const event of events) await apart(event, take);
  }

  /** An event that breaks its reader is put away, and holds up nobody. */
  async function apart(event: unknown, work: (event: unknown) => Promise<void>): Promise<void> {
    try {
      await work(event);
    } catch (err) {
      if (isOutage(err)) throw err;
      const id = textOf(objectOf(event).event_id) ?? '';
      host.log.error({ err, event: id.slice(0, 255) }, 'an event of the homeserver could not be read');
      if (err instanceof Failure) return;
      const key = `poison ${id.slice(0, 255)}`;
      const value = JSON.stringify(event)?.slice(0, 65_536) ?? '';
      await host.state.put({ key }, value, { expires: host.clock.now() + QUARANTINE, seal: true });
    }
  }

  route(
    'PUT',
    '/transactions/:id',
    async (request, { id = '' }) => {
      if (parts.paused()) return refused(503, 'M_UNKNOWN');
      const text = await request.text();
      const body = objectIn(text);
      if (!body) return refused(400, 'M_NOT_JSON');
      // A homeserver that was set back counts its transactions anew: the same name alone says nothing.
      const key = `${id} ${digest(text).toString('base64')}`;
      // One after the other, as they were sent; a repeat of the one that is being taken waits for it.
      const work = line.then(async () => {
        if (done.get(key)) return;
        await takeAll(body);
        done.set(key, true);
      });
      line = work.catch(() => undefined);
      try {
        await work;
      } catch (err) {
        host.log.warn({ err }, 'what the homeserver tells cannot be kept now');
        return refused(503, 'M_UNKNOWN');
      }
      return json({});
    },
    MOST_BYTES,
  );
  route('POST', '/ping', async () => json({}));
  route('GET', '/users/:id', async (_, { id = '' }) =>
    (await parts.user(id)) ? json({}) : refused(404, 'M_NOT_FOUND'),
  );
  // Third party networks (§4.5): whoever knows an address of XMPP finds its user.
  route('GET', '/thirdparty/protocol/:protocol', async (_, { protocol }) =>
    protocol === PROTOCOL ? json(protocolFacts(host.transport)) : refused(404, 'M_NOT_FOUND'),
  );
  route('GET', '/thirdparty/user/:protocol', async (request, { protocol }) => {
    const jid = new URL(request.url).searchParams.get('jid')?.toLowerCase() ?? '';
    if (protocol !== PROTOCOL || !/^[^@\s/]+@[^@\s/]+$/.test(jid)) return refused(404, 'M_NOT_FOUND');
    return json([{ userid: parts.ghostOf(jid), protocol: PROTOCOL, fields: { jid } }]);
  });
  // The other way: whose address a user stands for.
  route('GET', '/thirdparty/user', async (request) => {
    const id = new URL(request.url).searchParams.get('userid') ?? '';
    const jid = parts.bareOf(id);
    return jid === undefined
      ? refused(404, 'M_NOT_FOUND')
      : json([{ userid: id, protocol: PROTOCOL, fields: { jid } }]);
  });
  // Rooms of XMPP are not seen from Matrix (docs/decisions/0017).
  for (const path of ['/rooms/:alias', '/thirdparty/location', '/thirdparty/location/:protocol'])
    route('GET', path, async () => refused(404, 'M_NOT_FOUND'));
}

/** What another try may cure. */
const isOutage = (error: unknown): boolean => error instanceof Failure && error.row.retry;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Older homeservers have it in the query. */
function tokenOf(request: Request): string | undefined {
  const [, bearer] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? [];
  return bearer ?? new URL(request.url).searchParams.get('access_token') ?? undefined;
}

function objectIn(text: string): Json | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? objectOf(body) : undefined;
  } catch {
    return undefined;
  }
}
