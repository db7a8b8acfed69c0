import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { type FakeConnection, type FakeServer, startXmppServer } from '../fakes/xmpp-server.ts';
import type { Script } from './script.ts';
import type { OpenWire, Wire } from './wire.ts';

/** A gateway between an XMPP server and a network. */
export type Stage = AsyncDisposable & { readonly xmpp: FakeConnection; readonly wire: Wire };

/** Sets the stage for the network of the conversation's folder; users are those of `a.example`. */
export async function openStage({ folder, options }: Script): Promise<Stage> {
  const { openWire }: { openWire: OpenWire } = await import(pathToFileURL(join(folder, 'wire.ts')).href);
  const wire = await openWire(options);
  const xmppServer = await startXmppServer();
  const gateway = await startGateway(configFor(wire, xmppServer), { log: openLog('silent'), metrics: openMetrics() });
  return {
    wire,
    xmpp: await xmppServer.connection(wire.domain),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await xmppServer.close();
      await wire[Symbol.asyncDispose]();
    },
  };
}

/** One transport that carries its definition directly: networks of the tests are no kinds that operators know. */
function configFor({ domain, definition, settings }: Wire, server: FakeServer): Config {
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: server.port },
    access: { register: ['a.example'] },
    transports: { [domain]: settings },
  });
  const secret = new Sealed(server.secret);
  return {
    ...checked,
    // A second is the least that operators may set; here nobody is waited for.
    limits: { ...checked.limits, reconnect_min: 1, reconnect_max: 2 },
    transports: [{ domain, kind: definition.kind, definition, secret, settings: definition.config.parse(settings) }],
  };
}
