import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Host } from '#src/bridge.ts';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { bridge } from '../invented/pigeon/index.ts';
import { pigeonServer } from '../invented/server.ts';
import { folder } from '../process/cli/isthmus.ts';
import { describeReal } from './servers.ts';
import { startXmppServer, type XmppServerName } from './xmpp-servers.ts';

const DOMAIN = 'pigeon.localhost';
const PUBLIC = 'https://gw.example';

/** A network's file for alice, whose server has an upload service: where it is, whether it is whole there, and who was asked. */
async function uploaded(server: XmppServerName, { privileged }: { readonly privileged: boolean }) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const loft = stack.use(await pigeonServer());
  const options = { domains: { [DOMAIN]: 'secret' }, users: { alice: 'pw' }, http: true, upload: true };
  const xmpp = stack.use(await startXmppServer(server, { ...options, ...(privileged && { privileged: [DOMAIN] }) }));
  const opened = Promise.withResolvers<Host>();
  const definition: typeof bridge = {
    ...bridge,
    open(given, host) {
      opened.resolve(host);
      return bridge.open(given, host);
    },
  };
  const settings = { port: loft.port, guests: true };
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: xmpp.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    http: { listen: '127.0.0.1:0', public_url: PUBLIC },
    media: { dir: join(dir.path, 'media'), upload: true },
    access: { register: ['alice@localhost'] },
    transports: { [DOMAIN]: settings },
  });
  const transport: Config['transports'][number] = {
    ...{ domain: DOMAIN, kind: definition.kind, definition, secret: new Sealed('secret') },
    ...{ history: { record: true, replay: 20 }, receipts: 'confirmed', persistent: false, overrides: {} },
    settings: definition.config.parse(settings),
  };
  const config = { ...checked, transports: [transport] };
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics() }));
  await gateway.online();
  const { media } = await opened.promise;
  const bytes = randomBytes(200_000);
  const content = ReadableStream.from([
    bytes.subarray(0, 99_999),
    bytes.subarray(99_999),
  ]) as ReadableStream<Uint8Array>;
  const account = accountKey('alice@localhost' as BareJid, DOMAIN);
  const file = await media.put(content, { name: 'Röslein rot.png', type: 'image/png', account });
  expect(file).toMatchObject({ size: 200_000, sha256: createHash('sha256').update(bytes).digest('hex') });
  const at = file.url.startsWith(PUBLIC) ? 'gateway' : file.url.startsWith(`http://127.0.0.1:${xmpp.ports.http}/`);
  const found = at === true ? Buffer.from(await (await fetch(file.url)).arrayBuffer()) : undefined;
  const asked = /Issuing upload slot to (\S+)/.exec(xmpp.output())?.[1];
  return { at: at === true ? 'server' : at, isWhole: found?.equals(bytes), asked };
}

describeReal('a file of a network', ['prosody', 'prosody-modules', 'prosody13', 'ejabberd', 'ejabberd24'], () => {
  it.each(['prosody', 'prosody13'] as const)(
    'is on the quota of its user at the upload service of %s',
    async (server) =>
      expect(await uploaded(server, { privileged: true })).toEqual({
        at: 'server',
        isWhole: true,
        asked: 'alice@localhost',
      }),
  );

  it('is on the quota of the gateway where the server does not let it ask for users', async () =>
    expect(await uploaded('prosody', { privileged: false })).toEqual({ at: 'server', isWhole: true, asked: DOMAIN }));

  it('is at the upload service of ejabberd, which takes files of all', async () =>
    expect(await uploaded('ejabberd', { privileged: true })).toMatchObject({ at: 'server', isWhole: true }));

  it('stays with the gateway where the server answers no request of a component', async () =>
    expect(await uploaded('ejabberd24', { privileged: true })).toMatchObject({ at: 'gateway' }));
});
