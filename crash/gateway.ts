// A gateway between an XMPP server and a network of the laboratory, as a process: node crash/gateway.ts SETTING
// With ISTHMUS_CRASH_AT=POINT:N it ends itself there; at SIGUSR2 its time of day jumps.
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { type Clock, systemClock } from '#src/lib/time/clock.ts';
import { Sealed } from '#src/model/sealed.ts';
import { runUntilSignal } from '#src/process/cli/run.ts';
import type { MakeTransport, Transport } from './network.ts';
import { armed, type Pass, watchedBridge, watchedStore } from './points.ts';
import { FAR, type NetworkSetting, SECRET, type Setting, USERS } from './setting.ts';

const DAY = 86_400_000;

/** What one network needs is not loaded for the other. */
const networks: Readonly<Record<NetworkSetting['kind'], () => Promise<{ makeTransport: MakeTransport }>>> = {
  pigeon: () => import('./pigeon/transport.ts'),
  sms: () => import('./sms/transport.ts'),
  email: () => import('./email/transport.ts'),
  matrix: () => import('./matrix/transport.ts'),
};

/** Ms until all is loaded. */
const LOADED = 3000;

/** The longest attempt of a laboratory's server to connect to another, and more. */
const RETURN_TIME = '5s';

function configOf(setting: Setting, { domain, definition, settings, http }: Transport): Config {
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: setting.xmppPort, domains: ['a.example'] },
    store: setting.store,
    key: { file: join(setting.dir, 'isthmus.key') },
    access: { register: [USERS, FAR] },
    log: { level: 'warn' },
    limits: {
      ...{ messages: 'off', joins: 'off', contacts: 'off', registrations: 'off', connect_pace: '0s' },
      ...(setting.far && { return_time: RETURN_TIME }),
      ...(setting.expiry && { expiry: { [definition.kind]: setting.expiry, xmpp: setting.expiry } }),
    },
    transports: { [domain]: {} },
  });
  return {
    ...checked,
    ...(http && { http }),
    limits: { ...checked.limits, reconnect_min: 50, reconnect_max: 500 },
    transports: [
      {
        domain,
        kind: definition.kind,
        definition,
        secret: new Sealed(SECRET),
        history: { record: true, replay: 20 },
        receipts: 'confirmed',
        persistent: false,
        overrides: {},
        settings,
      },
    ],
  };
}

/** A time of day that somebody sets. What has passed is not touched by that. */
function jumpingClock({ ahead: start, step }: { readonly ahead: number; readonly step: number }): Clock {
  let ahead = start;
  process.on('SIGUSR2', () => {
    ahead += step;
  });
  return { ...systemClock, now: () => systemClock.now() + ahead };
}

// Whoever has started it is gone.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
const setting = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setting;
const { network } = setting;
const at = process.env.ISTHMUS_CRASH_AT;
const pass: Pass = at === undefined ? () => undefined : armed(at);
const { makeTransport } = await networks[network.kind]();
const transport = makeTransport(setting, pass);
// A process that is killed has no other moment for it: now, and when it has loaded what it needs at work.
flushCompileCache();
setTimeout(flushCompileCache, LOADED).unref();
process.exit(
  await runUntilSignal(
    configOf(setting, { ...transport, definition: watchedBridge(transport.definition, pass) }),
    join(setting.dir, 'isthmus.sock'),
    {
      clock: jumpingClock(network.kind === 'sms' ? network : { ahead: 0, step: DAY }),
      openStore: watchedStore(pass),
    },
  ),
);
