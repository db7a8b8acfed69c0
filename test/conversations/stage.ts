import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway.ts';
import { systemClock } from '#src/lib/clock.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { folder } from '../cli/isthmus.ts';
import { type FakeConnection, type FakeServer, startXmppServer } from '../fakes/xmpp-server.ts';
import type { Script } from './script.ts';
import type { OpenWire, Wire } from './wire.ts';

/** A gateway between an XMPP server and a network. */
export type Stage = AsyncDisposable & {
  readonly xmpp: FakeConnection;
  readonly wire: Wire;
  /** The next connection of the gateway, after one was lost. */
  reconnected(): Promise<FakeConnection>;
  /** Where the public listener waits, as host:port. */
  readonly web: string | undefined;
  /** Stops the gateway, as a signal does. */
  stop(): Promise<void>;
};

/** Sets the stage for the network of the conversation's folder; users are those of `a.example`. */
export async function openStage({ folder: home, options }: Pick<Script, 'folder' | 'options'>): Promise<Stage> {
  const { openWire }: { openWire: OpenWire } = await import(pathToFileURL(join(home, 'wire.ts')).href);
  const wire = await openWire(options);
  const dir = folder();
  const xmppServer = await startXmppServer();
  const config = configFor(wire, xmppServer, dir.path, options.files);
  const [log, metrics] = [openLog('silent'), openMetrics()];
  const site = openSite({ publicUrl: config.http?.public_url, clock: systemClock, metrics });
  const { http } = config;
  const readiness = () => ({ ready: true, transports: {} });
  const web = await startWeb({ http, admin: undefined, site, log, registry: metrics.registry, readiness });
  const gateway = await startGateway(config, { log, metrics, site });
  return {
    wire,
    web: web.addresses.http,
    stop: gateway.stop,
    reconnected: () => xmppServer.connection(wire.domain),
    xmpp: await xmppServer.connection(wire.domain),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await web[Symbol.asyncDispose]();
      await xmppServer.close();
      await wire[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** One transport that carries its definition directly: networks of the tests are no kinds that operators know. */
function configFor({ domain, definition, settings }: Wire, server: FakeServer, dir: string, files?: string): Config {
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: server.port },
    store: `sqlite:${join(dir, 'store.db')}`,
    key: { file: join(dir, 'isthmus.key') },
    // `option: files URL`: people could fetch them below this address.
    ...(files && { http: { listen: '127.0.0.1:0', public_url: files }, media: { dir: join(dir, 'media') } }),
    access: { register: ['a.example'] },
    transports: { [domain]: settings },
  });
  const secret = new Sealed(server.secret);
  return {
    ...checked,
    // A second is the least that operators may set; here nobody is waited for.
    limits: { ...checked.limits, reconnect_min: 1, reconnect_max: 2 },
    transports: [
      {
        domain,
        kind: definition.kind,
        definition,
        secret,
        history: { record: true, replay: 20 },
        overrides: {},
        settings: definition.config.parse(settings),
      },
    ],
  };
}
