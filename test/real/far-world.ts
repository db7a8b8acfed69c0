import { join } from 'node:path';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { configFrom } from '../config-from.ts';
import { ACCOUNT, TOKEN, twilioServer } from '../fakes/twilio.ts';
import { jumpingClock } from '../jumping-clock.ts';
import { PATIENCE } from '../patience.ts';
import { folder } from '../process/cli/isthmus.ts';
import { FAR, HOME, startFederation } from './federation.ts';
import { later, pulse } from './later.ts';
import { startInspircd, xml, xmppClient } from './servers.ts';
import { pinged, plain } from './world.ts';
import type { XmppClient } from './xmpp.ts';
import type { XmppServerName } from './xmpp-servers.ts';

export const IRC = 'irc.localhost';
export const SMS = 'sms.localhost';
/** The number of the gateway, and somebody's phone. */
const OUR = '+15005550006';
export const PHONE = '+14155552671';
const PUBLIC = 'https://gateway.example';
const SECRET = 'secret';

export type FarWorldOptions = {
  readonly far: XmppServerName;
  readonly home?: XmppServerName;
  /** Of the config. */
  readonly limits?: object;
  /** Whether users stay in rooms without a client: they do when this is not given. */
  readonly persistent?: boolean;
  /** Of connections between the servers, in seconds. */
  readonly timeout?: number;
};

/** A gateway on IRC and to phones at `localhost`, where alice is, and users of a server far away: juliet and romeo. */
export async function startFarWorld({ far, home, limits, timeout, persistent = true }: FarWorldOptions) {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const ircd = stack.use(await startInspircd());
  const twilio = stack.use(await twilioServer());
  const servers = stack.use(
    await startFederation({
      far,
      ...(home && { home }),
      ...(timeout && { timeout }),
      domains: { [IRC]: SECRET, [SMS]: SECRET },
      users: { alice: 'pw', warden: 'pw' },
      farUsers: { juliet: 'pw', romeo: 'pw' },
    }),
  );
  const config = await configFrom({
    xmpp: { host: '127.0.0.1', port: servers.home.ports.component },
    store: `sqlite:${join(dir.path, 'store.db')}`,
    key: { file: join(dir.path, 'isthmus.key') },
    access: { register: [HOME, FAR] },
    limits: { reconnect_min: '1s', reconnect_max: '2s', ...limits },
    http: { listen: '127.0.0.1:0', public_url: PUBLIC },
    transports: {
      [IRC]: { bridge: 'irc', persistent, servers: { net: plain(ircd.ports.plain) }, secret: SECRET },
      [SMS]: {
        ...{ bridge: 'sms', secret: SECRET, countries: ['US'], country: 'US' },
        provider: {
          ...{ kind: 'twilio', account_sid: ACCOUNT, auth_token: TOKEN },
          numbers: [OUR],
          api_url: twilio.api,
        },
      },
    },
  });
  const path = `/hooks/${SMS}/inbound`;
  const clock = jumpingClock();
  const [log, metrics] = [openLog('silent'), openMetrics()];
  const site = openSite({ publicUrl: PUBLIC, clock, metrics });
  const readiness = () => ({ ready: true, transports: {} });
  const web = stack.use(
    await startWeb({ http: config.http, admin: undefined, site, log, registry: metrics.registry, readiness }),
  );
  twilio.hooks.push({ url: `${PUBLIC}${path}`, real: `http://${web.addresses.http}${path}` });
  const gateway = stack.use(await startGateway(config, { log, metrics, clock, site }));
  await gateway.online();
  const resources = stack.move();
  const jump = (seconds: number): void => clock.jump(seconds * 1000);
  /** Somebody at the gateway's server whom nobody sees. */
  const watching = () =>
    xmppClient({ port: servers.home.ports.c2s, domain: HOME, user: 'warden', password: 'pw', resource: 'x' });
  const login = async (domain: string, port: number, user: string, patience = PATIENCE): Promise<XmppClient> => {
    const client = await xmppClient({ port, domain, user, password: 'pw', resource: 'x', patience });
    await client.send(xml('presence'));
    return client;
  };
  return {
    ...servers,
    ircd,
    gateway,
    /** Somebody answers on their phone. */
    answer: (body: string) => twilio.receive({ from: PHONE, to: OUR, body }),
    /** Resolves when a text is on their phone. */
    texted: (body: string) =>
      twilio.when(() => twilio.messages.some((one) => one.to === PHONE && one.body.includes(body))),
    /** Moves the gateway's time on, in seconds, whatever else goes on. */
    jump,
    /** Lets time pass for the gateway, in seconds, in which its links hear from their server. */
    async later(seconds: number): Promise<void> {
      await using warden = await watching();
      await later(seconds, { jump, trip: () => pinged(warden, [IRC, SMS]) });
    },
    /** The same until it is disposed of: so many seconds in each of the machine. */
    async pulse(seconds: number): Promise<AsyncDisposable> {
      const warden = await watching();
      const beat = pulse(seconds, { jump, trip: () => pinged(warden, [IRC, SMS]) });
      return {
        async [Symbol.asyncDispose]() {
          beat[Symbol.dispose]();
          await warden[Symbol.asyncDispose]();
        },
      };
    },
    alice: () => login(HOME, servers.home.ports.c2s, 'alice'),
    /** Logs a user of the other server in, who waits so many ms for what has to come. */
    farUser: (user: 'juliet' | 'romeo', patience?: number) => login(FAR, servers.far.ports.c2s, user, patience),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
