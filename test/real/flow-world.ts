import { join } from 'node:path';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { configFrom } from '../config-from.ts';
import { orders } from '../invented/control.ts';
import { bridge } from '../invented/pigeon/index.ts';
import { pigeonServer } from '../invented/server.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { FAR, HOME, startFederation } from './federation.ts';
import { pulse } from './later.ts';
import { startNgircd, xmppClient } from './servers.ts';
import { pinged, plain } from './world.ts';
import { startXmppServer } from './xmpp-servers.ts';

export const IRC = 'irc.localhost';
export const PIGEON = 'pigeon.localhost';
const PUBLIC = 'https://gateway.example';
const SECRET = 'secret';
const USERS = { juliet: 'pw', romeo: 'pw' };

/** A gateway at Prosody to IRC and to the invented network. Its users are juliet and romeo: there, or at a second Prosody. */
export async function startFlowWorld({ far }: { readonly far: boolean }) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  // One that says no time of day: that of the gateway jumps.
  const ircd = stack.use(await startNgircd());
  const loft = stack.use(await pigeonServer());
  const order = stack.use(await orders(loft.controlPort));
  const domains = { [IRC]: SECRET, [PIGEON]: SECRET };
  const servers = far
    ? stack.use(
        await startFederation({
          ...{ far: 'prosody', domains, users: { warden: 'pw' }, farUsers: USERS },
          farModules: ['register'],
        }),
      )
    : undefined;
  const home = servers?.home ?? stack.use(await startXmppServer('prosody', { domains, users: USERS }));
  const file = await configFrom({
    xmpp: { host: '127.0.0.1', port: home.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: [HOME, FAR] },
    limits: { reconnect_min: '1s', reconnect_max: '2s' },
    http: { listen: '127.0.0.1:0', public_url: PUBLIC },
    media: { dir: join(dir.path, 'media') },
    transports: { [IRC]: { bridge: 'irc', servers: { net: plain(ircd.ports.plain) }, secret: SECRET } },
  });
  const settings = { port: loft.port };
  const pigeon: Config['transports'][number] = {
    ...{ domain: PIGEON, kind: bridge.kind, definition: bridge, secret: new Sealed(SECRET) },
    ...{ history: { record: true, replay: 20 }, receipts: 'confirmed', persistent: false, overrides: {} },
    settings: bridge.config.parse(settings),
  };
  const config = { ...file, transports: [...file.transports, pigeon] };
  const clock = jumpingClock();
  const [log, metrics] = [openLog('silent'), openMetrics()];
  const site = openSite({ publicUrl: PUBLIC, clock, metrics });
  const readiness = () => ({ ready: true, transports: {} });
  const web = stack.use(
    await startWeb({ http: config.http, admin: undefined, site, log, registry: metrics.registry, readiness }),
  );
  const gateway = stack.use(await startGateway(config, { log, metrics, clock, site }));
  await gateway.online();
  const resources = stack.move();
  const jump = (seconds: number): void => clock.jump(seconds * 1000);
  return {
    ircd,
    order,
    gateway,
    /** Of another server; there is none otherwise. */
    far: servers?.far,
    users: servers ? { port: servers.far.ports.c2s, domain: FAR } : { port: home.ports.c2s, domain: HOME },
    /** The time of day of the gateway, in ms since 1970. */
    now: clock.now,
    /** Moves it on, in seconds. */
    jump,
    /** Does so until it is disposed of, so many seconds in each of the machine, in which the links hear from their server. */
    async pulse(seconds: number): Promise<AsyncDisposable> {
      const warden = await xmppClient({ port: home.ports.c2s, domain: HOME, user: 'warden', password: 'pw' });
      const beat = pulse(seconds, { jump, trip: () => pinged(warden, [IRC, PIGEON]) });
      return {
        async [Symbol.asyncDispose]() {
          beat[Symbol.dispose]();
          await warden[Symbol.asyncDispose]();
        },
      };
    },
    /** What is behind a link to the gateway's listener. */
    async fetch(url: string): Promise<Buffer> {
      const { status, ...answer } = await get(url.replace(PUBLIC, `http://${web.addresses.http}`));
      if (status !== 200) throw new Error(`${url} gives ${status}`);
      return answer.body;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
export type FlowWorld = Awaited<ReturnType<typeof startFlowWorld>>;

async function get(url: string): Promise<{ readonly status: number; readonly body: Buffer }> {
  const answer = await fetch(url);
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}
