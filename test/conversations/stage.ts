import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { folder } from '../cli/isthmus.ts';
import { type FakeConnection, type FakeServer, startXmppServer } from '../fakes/xmpp-server.ts';
import type { Script } from './script.ts';
import type { OpenWire, Wire } from './wire.ts';

/** A gateway between an XMPP server and a network. */
export type Stage = AsyncDisposable & {
  readonly xmpp: FakeConnection;
  readonly wire: Wire;
  /** Stops the gateway, as a signal does. */
  stop(): Promise<void>;
};

/** Sets the stage for the network of the conversation's folder; users are those of `a.example`. */
export async function openStage({ folder: home, options }: Pick<Script, 'folder' | 'options'>): Promise<Stage> {
  const { openWire }: { openWire: OpenWire } = await import(pathToFileURL(join(home, 'wire.ts')).href);
  const wire = await openWire(options);
  const dir = folder();
  const xmppServer = await startXmppServer();
  const gateway = await startGateway(configFor(wire, xmppServer, dir.path), {
    log: openLog('silent'),
    metrics: openMetrics(),
  });
  return {
    wire,
    stop: gateway.stop,
    xmpp: await xmppServer.connection(wire.domain),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await xmppServer.close();
      await wire[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** One transport that carries its definition directly: networks of the tests are no kinds that operators know. */
function configFor({ domain, definition, settings }: Wire, server: FakeServer, dir: string): Config {
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: server.port },
    store: `sqlite:${join(dir, 'store.db')}`,
    key: { file: join(dir, 'isthmus.key') },
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
        receipts: 'confirmed',
        overrides: {},
        settings: definition.config.parse(settings),
      },
    ],
  };
}
