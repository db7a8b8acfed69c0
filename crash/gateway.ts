// A gateway between an XMPP server and a loft, as a process: node crash/gateway.ts SETTING
// With ISTHMUS_CRASH_AT=POINT:N it ends itself there; at SIGUSR2 its time of day jumps by a day.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BridgeDefinition } from '#src/bridge.ts';
import { runUntilSignal } from '#src/cli/run.ts';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { type Clock, systemClock } from '#src/lib/clock.ts';
import { Sealed } from '#src/model/sealed.ts';
import { facts, pigeon } from '../test/invented/mapping.ts';
import type { PigeonConfig } from '../test/invented/pigeon/config.ts';
import { bridge } from '../test/invented/pigeon/index.ts';
import { armed, hastyBridge, type Pass, watchedBridge, watchedStore } from './points.ts';
import { DOMAIN, SECRET, type Setting, USERS } from './setting.ts';

const DAY = 86_400_000;

/** Several are under way at a time, and nobody waits for long in a laboratory. */
const quick: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: { ...pigeon, facts: { ...facts, delivery: { window: 8, retry: { min: 50, max: 1000 } } } },
};

function configOf(setting: Setting, definition: BridgeDefinition): Config {
  const checked = house.parse({
    xmpp: { host: '127.0.0.1', port: setting.xmppPort },
    store: setting.store,
    key: { file: join(setting.dir, 'isthmus.key') },
    access: { register: [USERS] },
    log: { level: 'warn' },
    limits: {
      ...{ messages: 'off', joins: 'off', contacts: 'off', registrations: 'off', connect_pace: '0s' },
      ...(setting.expiry && { expiry: { pigeon: setting.expiry, xmpp: setting.expiry } }),
    },
    transports: { [DOMAIN]: {} },
  });
  return {
    ...checked,
    limits: { ...checked.limits, reconnect_min: 50, reconnect_max: 500 },
    transports: [
      {
        domain: DOMAIN,
        kind: definition.kind,
        definition,
        secret: new Sealed(SECRET),
        history: { record: true, replay: 20 },
        receipts: 'confirmed',
        persistent: false,
        overrides: {},
        settings: definition.config.parse({ port: setting.loftPort, answer_time: '2s' }),
      },
    ],
  };
}

/** A time of day that somebody sets. What has passed is not touched by that. */
function jumpingClock(): Clock {
  let ahead = 0;
  process.on('SIGUSR2', () => {
    ahead += DAY;
  });
  return { ...systemClock, now: () => systemClock.now() + ahead };
}

// Whoever has started it is gone.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
const setting = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setting;
const at = process.env.ISTHMUS_CRASH_AT;
const pass: Pass = at === undefined ? () => undefined : armed(at);
const definition = watchedBridge(setting.hasty ? hastyBridge(quick, pass) : quick, pass);
process.exit(
  await runUntilSignal(configOf(setting, definition as BridgeDefinition), join(setting.dir, 'isthmus.sock'), {
    clock: jumpingClock(),
    openStore: watchedStore(pass),
  }),
);
