import { randomUUID } from 'node:crypto';
import { type Config, loadConfig } from '#src/config.ts';
import { type GatewayParts, startGateway } from '#src/gateway/gateway.ts';
import { type Log, openLog } from '#src/lib/log.ts';
import { type Metrics, openMetrics } from '#src/lib/metrics/metrics.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { startHeart } from '#src/lib/time/stall.ts';
import { startTidying } from '#src/process/idle-collection.ts';
import { packageVersion } from '#src/process/version.ts';
import { startWatchdog } from '#src/process/watchdog.ts';
import { hasThread, StoreRefused, StoreUnavailable } from '#src/store/index.ts';
import { ListenFailure } from '#src/web/listen-failure.ts';
import type { Readiness, Web, WebParts } from '#src/web/listeners.ts';
import { openSite } from '#src/web/site.ts';
import { configFile } from './arguments.ts';
import { reportProblems } from './check-config.ts';
import { controlPath } from './control.ts';
import { openControlSocket } from './control-socket.ts';

/** `isthmus run`: the gateway, until SIGTERM or SIGINT. 0 after a graceful stop, 78 for a bad config, 1 for anything else. */
export async function command(args: readonly string[]): Promise<number> {
  const file = configFile(args);
  const loaded = await loadConfig(file);
  if ('problems' in loaded) return reportProblems(file, loaded.problems);
  return runUntilSignal(loaded.config, controlPath(loaded.config, file));
}

/** Runs the gateway of a config until SIGTERM or SIGINT, with its control socket. Resolves with the exit code. */
export async function runUntilSignal(config: Config, control: string, watched: Watched = {}): Promise<number> {
  const log = openLog(config.log.level);
  const metrics = openMetrics();
  reportBugs(log, metrics);
  try {
    await live(config, { log, metrics, ...watched, control });
  } catch (error) {
    if (error instanceof ListenFailure || error instanceof StoreRefused) log.fatal(error.message);
    else if (error instanceof StoreUnavailable) log.fatal(error.reason);
    else log.fatal({ err: error }, 'the gateway has failed');
    return 1;
  }
  log.info('stopped');
  return 0;
}

/** What the crash laboratory gives a gateway: a time of its own, and a store that is looked at. */
export type Watched = Pick<GatewayParts, 'clock' | 'openStore'>;

/** Runs from start to stop. What was opened last is closed first. */
async function live(config: Config, parts: Watched & { log: Log; metrics: Metrics; control: string }): Promise<void> {
  const { log, metrics } = parts;
  const { http, admin, limits } = config;
  const signal = firstSignal(log, limits.stop_time);
  using heart = startHeart(limits.stall_time);
  await using _watchdog = hasThread(config.store) ? undefined : startWatchdog(heart, log);
  using _tidying = startTidying();
  let readiness = (): Readiness => ({ ready: false, transports: {} });
  const site = openSite({ publicUrl: http?.public_url, clock: systemClock, metrics });
  const { registry } = metrics;
  await using web = await listen({ http, admin, site, log, registry, readiness: () => readiness() });
  await using gateway = await startGateway(config, { ...parts, site, heart, shutdown });
  await using _control = await openControlSocket(parts.control, gateway.operations, log);
  readiness = () => ({ ready: gateway.ready(), transports: gateway.status().transports });
  log.info(
    {
      version: packageVersion(),
      transports: config.transports.map(({ domain }) => domain),
      listening: web?.addresses ?? {},
    },
    'started',
  );
  log.info({ signal: await signal }, 'stopping');
  readiness = () => ({ ready: false, transports: gateway.status().transports });
}

/** As an operator stops it. */
const shutdown = (): void => void process.kill(process.pid, 'SIGTERM');

/** The HTTP listeners, where there are any: what serves them is loaded for them alone. */
async function listen(parts: WebParts): Promise<Web | undefined> {
  if (!parts.http && !parts.admin) return undefined;
  const { startWeb } = await import('#src/web/listeners.ts');
  return startWeb(parts);
}

/**
 * Ms in which a further signal is the same stop: systemd sends one to each process of a service, and the launcher of an older Node
 * passes on its own (bin/isthmus.mjs).
 */
const SAME_STOP = 2000;

/**
 * Resolves at the first SIGTERM or SIGINT. From then on the process ends with 1 at a second one that is no echo of it, or when
 * the stop takes longer than `stopTime` milliseconds.
 */
function firstSignal(log: Log, stopTime: number): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const giveUp = (why: string) => {
    log.error(why);
    process.exit(1);
  };
  let since: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (since !== undefined && performance.now() - since < SAME_STOP) return;
    if (since !== undefined) return giveUp('stopped at once by a second signal');
    since = performance.now();
    setTimeout(() => giveUp('the stop took too long and was cut short'), stopTime).unref();
    resolve(signal);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return promise;
}

/** No stanza, line or request ends the process: what nobody caught is a bug, logged with an id to find it by. */
function reportBugs(log: Log, metrics: Metrics): void {
  const report = (err: unknown) => {
    metrics.count('isthmus_bugs_total');
    log.error({ err, bug: randomUUID().slice(0, 8) }, 'a bug: an error that nobody caught');
  };
  process.on('uncaughtException', report).on('unhandledRejection', report);
}
