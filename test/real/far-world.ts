import { join } from 'node:path';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics.ts';
import { configFrom } from '../config-from.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { folder } from '../process/cli/isthmus.ts';
import { FAR, HOME, startFederation } from './federation.ts';
import { startInspircd, xml, xmppClient } from './servers.ts';
import { plain } from './world.ts';
import type { XmppClient } from './xmpp.ts';
import type { XmppServerName } from './xmpp-servers.ts';

export const IRC = 'irc.localhost';
const SECRET = 'secret';

export type FarWorldOptions = {
  readonly far: XmppServerName;
  readonly home?: XmppServerName;
  /** Of the config. */
  readonly limits?: object;
  /** Whether users stay in rooms without a client: they do when this is not given. */
  readonly persistent?: boolean;
};

/** A gateway on IRC at `localhost`, where alice is, and users of a server far away: juliet and romeo. */
export async function startFarWorld({ far, home, limits, persistent = true }: FarWorldOptions) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const ircd = stack.use(await startInspircd());
  const servers = stack.use(
    await startFederation({
      far,
      ...(home && { home }),
      domains: { [IRC]: SECRET },
      users: { alice: 'pw' },
      farUsers: { juliet: 'pw', romeo: 'pw' },
    }),
  );
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: servers.home.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: [HOME, FAR] },
    limits: { reconnect_min: '1s', reconnect_max: '2s', ...limits },
    transports: { [IRC]: { bridge: 'irc', persistent, servers: { net: plain(ircd.ports.plain) }, secret: SECRET } },
  });
  const clock = jumpingClock();
  const gateway = stack.use(await startGateway(config, { log: openLog('silent'), metrics: openMetrics(), clock }));
  await gateway.online();
  const resources = stack.move();
  const login = async (domain: string, port: number, user: string): Promise<XmppClient> => {
    const client = await xmppClient({ port, domain, user, password: 'pw', resource: 'x' });
    await client.send(xml('presence'));
    return client;
  };
  return {
    ...servers,
    ircd,
    gateway,
    /** Moves the gateway's time on, in seconds, whatever else goes on. */
    jump: (seconds: number): void => clock.jump(seconds * 1000),
    alice: () => login(HOME, servers.home.ports.c2s, 'alice'),
    farUser: (user: 'juliet' | 'romeo') => login(FAR, servers.far.ports.c2s, user),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
