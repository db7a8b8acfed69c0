import { join } from 'node:path';
import { expect } from 'vitest';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { orders } from '../invented/control.ts';
import { bridge } from '../invented/pigeon/index.ts';
import { pigeonServer } from '../invented/server.ts';
import { folder } from '../process/cli/isthmus.ts';
import { xml, xmppClient } from './servers.ts';
import type { XmppClient } from './xmpp.ts';
import { startXmppServer, type XmppServerName, type XmppServerOptions } from './xmpp-servers.ts';

export const DOMAIN = 'pigeon.localhost';
const SECRET = 'secret';

/** A gateway to the invented network at a real server, where alice has an account that is registered. `more`: settings of the transport. */
export async function startPigeonWorld(
  server: XmppServerName,
  { more = {}, ...options }: Partial<XmppServerOptions> & { readonly more?: object },
) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const loft = stack.use(await pigeonServer());
  const order = stack.use(await orders(loft.controlPort));
  const given = { domains: { [DOMAIN]: SECRET }, users: { alice: 'pw' }, ...options };
  const xmpp = stack.use(await startXmppServer(server, given));
  const settings = { port: loft.port, ...more };
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component, upload_hosts: [`127.0.0.1:${xmpp.ports.http}`] },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: ['alice@localhost'] },
    transports: { [DOMAIN]: settings },
  });
  const transport: Config['transports'][number] = {
    ...{ domain: DOMAIN, kind: bridge.kind, definition: bridge, secret: new Sealed(SECRET) },
    ...{ history: { record: true, replay: 20 }, receipts: 'confirmed', persistent: false, overrides: {} },
    settings: bridge.config.parse(settings),
  };
  const config = { ...checked, transports: [transport] };
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics() }));
  await gateway.online();
  await order({ person: 'alice', password: 'rapier' });
  const alice = stack.use(await xmppClient({ port: xmpp.ports.c2s, user: 'alice', password: 'pw' }));
  await alice.ask(xml('iq', { type: 'get' }, xml('query', { xmlns: 'jabber:iq:roster' })));
  await alice.send(xml('presence'));
  await register(alice);
  const resources = stack.move();
  return {
    alice,
    order,
    uploads: `127.0.0.1:${xmpp.ports.http}`,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Registers, and lets the gateway see how alice fares. */
async function register(alice: XmppClient): Promise<void> {
  const fields = Object.entries({ name: 'alice', password: 'rapier' });
  const form = fields.map(([name, value]) => xml('field', { var: name }, xml('value', {}, value)));
  const answer = await alice.ask(
    xml(
      'iq',
      { type: 'set', to: DOMAIN },
      xml('query', { xmlns: 'jabber:iq:register' }, xml('x', { xmlns: 'jabber:x:data', type: 'submit' }, ...form)),
    ),
  );
  expect(answer.attrs.type, String(answer)).toBe('result');
  const subscription = (type: string) =>
    alice.next((one) => one.is('presence') && one.attrs.from === DOMAIN && one.attrs.type === type, type);
  await subscription('subscribe');
  await alice.send(xml('presence', { to: DOMAIN, type: 'subscribed' }));
  await alice.send(xml('presence', { to: DOMAIN, type: 'subscribe' }));
  await subscription('subscribed');
}
