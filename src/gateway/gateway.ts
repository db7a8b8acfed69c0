import type { Host } from '#src/bridge.ts';
import type { Config } from '#src/config.ts';
import { openAliases } from '#src/core/aliases.ts';
import { openCore } from '#src/core/open.ts';
import { openFetch } from '#src/lib/http/fetch.ts';
import type { Log } from '#src/lib/log.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import { openConnect } from '#src/lib/net.ts';
import { type Clock, systemClock } from '#src/lib/time/clock.ts';
import type { Heart } from '#src/lib/time/stall.ts';
import { limitTime } from '#src/lib/time/time-limit.ts';
import { type Operations, openOperations } from '#src/process/operations.ts';
import { reportTo } from '#src/process/report.ts';
import { keyOf, openIntegrity, openPruning, openStore } from '#src/store/index.ts';
import { openSite, type Site } from '#src/web/site.ts';
import { openSockets } from '#src/web/sockets.ts';
import { openEdge } from '#src/xmpp/edge.ts';
import { type Link, openLink, openReplies, type Phase } from '#src/xmpp/stream/link.ts';
import { writerLimits } from '#src/xmpp/stream/writer.ts';
import { openOccupantIds } from '#src/xmpp/xep/occupant-id.ts';
import { openBridgeState } from './bridge-state.ts';
import { openMediaOf } from './media.ts';
import { reach, refuseFetch } from './reach.ts';
import { serviceOf } from './service.ts';
import { type OpenedTransport, openedOf, outletOf } from './transports.ts';
import { uploadTo } from './upload.ts';

export type GatewayParts = {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  /** From 0 up to 1, as `Math.random`. */
  readonly random?: () => number;
  /** What the public listener serves; without it there is none. */
  readonly site?: Site;
  /** How the store is opened, where that is watched; `openStore` itself if left out. */
  readonly openStore?: typeof openStore;
  /** Ends the program, where an admin may have that done. */
  readonly shutdown?: () => void;
  /** The main loop's, for a thread of the store to watch. */
  readonly heart?: Heart;
};

export type Gateway = {
  /** Whether every component link is online. */
  ready(): boolean;
  /** What commands may ask of it. */
  readonly operations: Operations;
  /** For the health pages: the state of each transport's link, and what is under way. */
  status(): { readonly transports: Readonly<Record<string, Phase>>; readonly rooms: number; readonly flights: number };
  /** Resolves once every link has been online at the same time. */
  online(): Promise<void>;
  /** Refuses what is new, says good-bye on both sides and closes everything. Never rejects. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** The part of its time that a stop may wait for what may hang: the rest is for the store and the web listeners. */
const STOPPING = 0.8;

/** Opens edges, core and bridges, joins them by functions, and connects. Rejects if a bridge cannot be opened. */
export async function startGateway(config: Config, parts: GatewayParts): Promise<Gateway> {
  const { log, metrics, clock = systemClock, random = Math.random } = parts;
  const transports = new Map<string, OpenedTransport>(
    config.transports.map((one) => [one.domain, openedOf(one, metrics, config.limits.expiry[one.kind])]),
  );
  const records = new Map([...transports].map(([domain, { transport }]) => [domain, transport]));
  const stopping = new AbortController();
  const store = await (parts.openStore ?? openStore)({ url: config.store, log, clock, heart: parts.heart });
  const key = await keyOf(store, config.key.file).catch(async (error: unknown) => {
    await store[Symbol.asyncDispose]();
    throw error;
  });
  const site = parts.site ?? openSite({ publicUrl: config.http?.public_url, clock, metrics });
  const connect = reach(openConnect());
  const fetch = openFetch({ connect, refuse: refuseFetch });
  const media = await openMediaOf(config, {
    ...{ store, clock, log, key, fetch },
    upload: uploadTo({ fetch, slot: (who, file) => edge.slot(who, file), isHome: homeOf(config) }),
    bridge: (domain) => transports.get(domain)?.bridge,
  }).catch(async (error: unknown) => {
    await store[Symbol.asyncDispose]();
    throw error;
  });
  const sockets = openSockets({ clock, log, metrics });
  // Who was in a room when the process was killed has seen no more than was kept until then.
  await store.unit([store.visibility.closeAll(store.archive.nextId())]);
  const aliases = await openAliases({ store, log });
  const integrity = await openIntegrity({
    store,
    log,
    found: (damaged) => metrics.gauge('isthmus_store_damaged', damaged ? 1 : 0),
    alarm: (text) => core.alarm(text),
  });
  const pruning = openPruning({
    store,
    clock,
    log,
    idsKept: config.limits.ids_kept,
    journalKept: config.limits.journal_kept,
    ...media.pruning,
  });
  const waiters: (() => void)[] = [];

  const edge = openEdge({
    transports: records,
    links: new Map([...transports].map(([domain, opened]) => [domain, outletOf(opened)])),
    core: () => core,
    service: serviceOf(config),
    occupantIds: openOccupantIds(key.secret),
    log,
    now: clock.now,
  });
  const core = openCore({
    transports: records,
    access: { register: config.access.register, admins: config.admins },
    limits: {
      waitingLines: config.limits.waiting_lines,
      waitingTime: config.limits.waiting_time,
      reconnectMin: config.limits.reconnect_min,
      reconnectMax: config.limits.reconnect_max,
      connectPace: config.limits.connect_pace,
      joinTime: config.limits.join_time,
      historyTime: config.limits.history_time,
      linger: config.limits.linger,
      presenceWindow: config.limits.presence_window,
      ...(config.limits.shown_occupants > 0 && { shown: config.limits.shown_occupants }),
      unseen: config.limits.unseen,
      dialogueTime: config.limits.dialogue_time,
      dialogues: config.limits.dialogues,
      rates: {
        messages: config.limits.messages,
        joins: config.limits.joins,
        contacts: config.limits.contacts,
        registrations: config.limits.registrations,
      },
    },
    store,
    aliases,
    key,
    media: media.store,
    ...(media.lending && { lent: media.lending.open }),
    xmpp: edge,
    clock,
    random,
    log,
    far: { isHome: homeOf(config), returns: config.limits.return_time },
    ...(config.limits.expiry.xmpp !== undefined && { expiry: config.limits.expiry.xmpp }),
    shutdown: parts.shutdown,
    report: reportTo(metrics),
  });

  function hostOf({ transport: { domain, metrics: counts } }: OpenedTransport): Host {
    const { state, statements } = openBridgeState({ store, transport: domain, sealKey: key });
    return {
      transport: domain,
      state,
      settings: core.host.settings,
      gap: core.host.gap,
      credentials: core.host.credentials,
      alarm: (name, text) => core.host.alarm(domain, name, text),
      tellAdmins: (text) => core.host.tellAdmins(domain, text),
      emit(drafts, writes = []) {
        for (const { kind } of drafts) counts.told(kind);
        return core.host.emit(drafts, statements(writes));
      },
      admits: core.host.admits,
      language: core.host.language,
      settle: core.host.settle,
      charge: (charges, account) => core.host.charge(domain, charges, account),
      status: core.host.status,
      connect,
      listen: sockets.listenFor(domain),
      http: site.http(domain),
      media: media.hostFor(domain),
      fetch,
      log: log.child({ transport: domain }),
      clock,
      signal: stopping.signal,
    };
  }

  const replies = openReplies(clock, log);

  function linkOf(opened: OpenedTransport): Link {
    const { domain, secret } = opened.transport;
    const { limits } = config;
    return openLink({
      domain,
      host: config.xmpp.host,
      port: config.xmpp.port,
      secret: secret.open(),
      readerLimits: { stanza: limits.stanza_size, depth: limits.depth, attributes: limits.attributes },
      writerLimits: { ...writerLimits, high: limits.xmpp_high_water, cap: limits.xmpp_cap },
      clock,
      random,
      log,
      replies,
      onStanza: edge.onStanza,
      onOversize: edge.onOversize,
      onState: (phase, reason) => changed(opened, phase, reason !== undefined),
      // Above the high-water mark the networks are read no further: TCP pushes back to them (SECURITY rule 11).
      onPressure: (on) => opened.bridge?.pause(on),
    });
  }

  function changed(opened: OpenedTransport, phase: Phase, lost: boolean): void {
    const { domain } = opened.transport;
    metrics.gauge('isthmus_link_online', phase === 'online' ? 1 : 0, { transport: domain });
    if (lost) metrics.count('isthmus_links_lost_total', { transport: domain });
    if (phase !== 'online') {
      if (lost) edge.lost(domain);
      if (lost && opened.lost === undefined) {
        opened.lost = clock.now();
        core.lost(domain);
      }
      return;
    }
    const since = opened.lost ?? clock.now();
    opened.lost = undefined;
    core.online(domain);
    core.attend(domain).catch((err: unknown) => log.error({ err }, 'users could not be asked for their presence'));
    // The first time it is asked for those whom the last run has left in their rooms.
    core.recheck(domain, since).catch((err: unknown) => log.error({ err }, 'occupants could not be checked'));
    if (!ready()) return;
    for (const wake of waiters.splice(0)) wake();
    void integrity.check();
  }

  const ready = (): boolean => [...transports.values()].every(({ link }) => link?.state() === 'online');
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    // RELIABILITY: refuse new, tell occupants, leave the networks, flush and read the streams to their end.
    const wait = limitTime(clock, config.limits.stop_time * STOPPING, (what) =>
      log.warn({ for: what }, 'the stop does not wait any longer'),
    );
    const all = (work: (one: OpenedTransport) => PromiseLike<void> | undefined): Promise<unknown> =>
      Promise.all([...transports.values()].map(work));
    sockets.refuse();
    await wait('requests to be answered', site.close());
    await core.stop(wait);
    stopping.abort();
    await wait(
      'bridges to close',
      all(({ bridge }) => bridge?.[Symbol.asyncDispose]()),
    );
    await wait('connections to end', sockets.close());
    fetch.close();
    await wait(
      'the XMPP server to read all',
      all(({ link }) => link?.flush()),
    );
    await wait(
      'links to close',
      all(({ link }) => link?.close()),
    );
    media.store?.stop();
    await wait('what is pruned', pruning.stop());
    await wait('the store to be checked', integrity.stop());
    await store[Symbol.asyncDispose]();
  }

  try {
    for (const opened of transports.values()) {
      const { definition, settings } = opened.transport;
      opened.host = hostOf(opened);
      opened.bridge = await definition.open(settings, opened.host);
    }
    await core.restore();
  } catch (error) {
    stopping.abort();
    await Promise.all([...transports.values()].map(({ bridge }) => bridge?.[Symbol.asyncDispose]()));
    await sockets.close();
    fetch.close();
    await pruning.stop();
    await store[Symbol.asyncDispose]();
    throw error;
  }
  for (const opened of transports.values()) opened.link = linkOf(opened);
  site.open({ shelf: media.store, lending: media.lending, lent: config.limits.open_files });
  sockets.open();
  void core.start();

  return {
    ready,
    operations: openOperations({ store, queue: core.queue, purge: core.purge }),
    status: () => ({
      transports: Object.fromEntries([...transports].map(([domain, { link }]) => [domain, link?.state() ?? 'offline'])),
      ...core.status(),
    }),
    online: () => (ready() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  };
}

/** Which domains are of the XMPP server that we are a component of. */
function homeOf({ xmpp, transports }: Config): (domain: string) => boolean {
  const own = xmpp.domains ?? transports.map(({ domain }) => domain.slice(domain.indexOf('.') + 1));
  const home = new Set([...own, ...transports.map(({ domain }) => domain)]);
  return (domain) => home.has(domain);
}
