import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Element } from 'ltx';
import { expect } from 'vitest';
import { house } from '#src/config/schema.ts';
import type { Config } from '#src/config.ts';
import { startGateway } from '#src/gateway/gateway.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openSite, startWeb } from '#src/web/listeners.ts';
import { uploadServer } from '../fakes/upload-server.ts';
import { type FakeConnection, type FakeServer, startXmppServer } from '../fakes/xmpp-server.ts';
import { type JumpingClock, jumpingClock } from '../jumping-clock.ts';
import { eventually } from '../patience.ts';
import { folder, isthmus, type Running as Process } from '../process/cli/isthmus.ts';
import { type AskedStore, askedStore } from './asked-store.ts';
import type { Script } from './script.ts';
import type { OpenWire, Wire } from './wire.ts';

/** A gateway between an XMPP server and a network. */
export type Stage = AsyncDisposable & {
  /** The gateway's newest connection. */
  readonly xmpp: FakeConnection;
  /** The next stanza that came out of the gateway: what came before it was started anew is not lost. */
  next(): Promise<Element>;
  readonly wire: Wire;
  /** What `{{upload}}` is from the beginning: where users have put files, as `test/fakes/upload-server.ts` has them. */
  readonly upload: string;
  /** The next connection of the gateway, after one was lost. */
  reconnected(): Promise<FakeConnection>;
  /** Where the public listener waits, as host:port. */
  readonly web: string | undefined;
  /** Full JIDs that the XMPP server no longer knows. */
  readonly gone: Set<string>;
  /** Whether the XMPP server gives back what the gateway sends to itself, which proves what it has read. */
  proves(on: boolean): void;
  /** Starts the gateway once more, on the same store. */
  start(): Promise<void>;
  /** Stops the gateway, as a signal does. */
  stop(): Promise<void>;
  /** Begins with that, of which `stop` is the end. */
  stopping(): undefined;
  /** Ends the gateway's process with SIGKILL. Rejects unless it has one. */
  kill(): Promise<void>;
  /** What was said on both wires has been heard, and kept as far as the gateway has asked for that by then. */
  heard(): Promise<void>;
  /** So many milliseconds pass for a gateway that is no process of its own, or is stopped. */
  later(ms: number): Promise<void>;
  /** Another program locks the gateway's store, until `unlock`. */
  lock(): void;
  unlock(): void;
  /** Resolves once the gateway's store holds so many clients in rooms, occupants shown to them, and members without a client. */
  kept(clients: number, occupants: number, members: number): Promise<void>;
  /** Resolves once the gateway's store holds so many events that are owed to the network and have not left. */
  owed(count: number): Promise<void>;
  /** Resolves once something waits for another try on the network after so many that have failed. */
  tried(tries: number): Promise<void>;
};

/** Milliseconds that pass in one go. */
const STRIDE = 5_000;

/** A running gateway. */
type Running = {
  /** Its public listener, as host:port. */
  readonly web: string | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
};

/** Sets the stage for the network of the conversation's folder; users are those of `a.example`. */
export async function openStage({ folder: home, options }: Pick<Script, 'folder' | 'options'>): Promise<Stage> {
  const { openWire }: { openWire: OpenWire } = await import(pathToFileURL(join(home, 'wire.ts')).href);
  const wire = await openWire(options);
  const dir = folder();
  const xmppServer = await startXmppServer({ rights: options.rights, shown: options.shown });
  const uploads = await uploadServer();
  const run = options.process === 'yes' ? runProcess : runHere;
  const clock = jumpingClock();
  const store = askedStore();
  const setting: Setting = {
    wire,
    clock,
    store,
    backoff: options.backoff?.split(' '),
    server: xmppServer,
    dir: dir.path,
    uploadHost: uploads.host,
    persistent: options.persistent === 'yes',
    files: options.files,
    admins: options.admins?.split(' ') ?? [],
    config: JSON.parse(options.config ?? '{}'),
  };
  const launch = async (): Promise<Running> => {
    const started = await run(setting);
    if (started.web !== undefined) wire.served?.(started.web);
    return started;
  };
  wire.time?.(clock.now);
  let gateway = await launch();
  let stopped = false;
  let locked: DatabaseSync | undefined;
  let xmpp = await xmppServer.connection(wire.domain);
  const ended: FakeConnection[] = [];
  const heard = async (): Promise<void> => {
    await wire.sync();
    await xmpp.sync();
    if (!locked?.isOpen) await store.answered();
  };
  return {
    wire,
    next: () => (ended.find(({ received }) => received.length > 0) ?? xmpp).next(),
    upload: `http://${uploads.host}`,
    gone: xmppServer.gone,
    proves(on) {
      xmppServer.answerPings = on;
    },
    get web() {
      return gateway.web;
    },
    reconnected: () => xmppServer.connection(wire.domain),
    get xmpp() {
      return xmpp;
    },
    async start() {
      await xmpp.closed;
      ended.push(xmpp);
      gateway = await launch();
      stopped = false;
      xmpp = await xmppServer.connection(wire.domain);
    },
    async stop() {
      await gateway.stop();
      stopped = true;
    },
    stopping() {
      void gateway.stop();
    },
    kill: () => gateway.kill(),
    heard,
    async later(ms) {
      if (stopped) return clock.jump(ms);
      // Before it passes: what waits does so from when it is kept, and what joins it is there.
      await heard();
      // The links to the XMPP server must hear from it in time.
      for (let left = ms; left > 0; left -= STRIDE) {
        clock.jump(Math.min(left, STRIDE));
        await xmpp.sync();
      }
    },
    lock() {
      locked = new DatabaseSync(join(dir.path, 'store.db'), { timeout: 5000 });
      locked.exec('begin immediate');
    },
    unlock: () => locked?.close(),
    kept: (clients, occupants, members) => holds(join(dir.path, 'store.db'), KEPT, { clients, occupants, members }),
    owed: (count) => holds(join(dir.path, 'store.db'), OWED, { count }),
    tried: (tries) => holds(join(dir.path, 'store.db'), TRIED, { tries }),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await xmppServer.close();
      await uploads[Symbol.asyncDispose]();
      await wire[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

type Setting = {
  readonly wire: Wire;
  readonly server: FakeServer;
  readonly dir: string;
  readonly uploadHost: string;
  readonly clock: JumpingClock;
  /** Of a gateway that is no process of its own. */
  readonly store: AskedStore;
  /** `option: backoff 5s 5m`: the waits between tries in a network, at their longest; a moment otherwise. */
  readonly backoff: readonly string[] | undefined;
  readonly persistent: boolean;
  /** `option: files URL`: people could fetch them below this address. */
  readonly files: string | undefined;
  /** `option: admins ADDRESS`: who runs the gateway. */
  readonly admins: readonly string[];
  /** `option: config JSON`: sections of the file beside those that the stage needs. */
  readonly config: object;
};

async function runHere(setting: Setting): Promise<Running> {
  const config = configFor(setting);
  const { clock, backoff, store } = setting;
  const [log, metrics] = [openLog('silent'), openMetrics()];
  const site = openSite({ publicUrl: config.http?.public_url, clock, metrics });
  const { http } = config;
  const readiness = () => ({ ready: true, transports: {} });
  const web = await startWeb({ http, admin: undefined, site, log, registry: metrics.registry, readiness });
  const gateway = await startGateway(config, {
    log,
    metrics,
    site,
    clock,
    openStore: store.open,
    ...(backoff && { random: () => 1 }),
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await web[Symbol.asyncDispose]();
  };
  return {
    web: web.addresses.http,
    stop,
    kill: () => Promise.reject(new Error('only a process can be killed: option: process yes')),
  };
}

/** The program itself, with the same settings. Its network has to be one that operators know. */
async function runProcess(setting: Setting): Promise<Running> {
  const { wire, server, dir, persistent } = setting;
  const transport = { bridge: wire.definition.kind, secret: server.secret, persistent, ...wire.settings };
  const config = { ...basics(setting), limits: { connect_pace: '0s' }, transports: { [wire.domain]: transport } };
  const file = join(dir, 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const running = isthmus(['run', '--config', file]);
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    running.child.kill(signal);
    await running.ended;
  };
  return { web: setting.files && (await webOf(running)), stop: end('SIGTERM'), kill: end('SIGKILL') };
}

/** Where it listens, as it says once it has started. */
async function webOf(running: Process): Promise<string | undefined> {
  const { listening } = JSON.parse(await running.line(/"msg":"started"/)) as { listening: { http?: string } };
  return listening.http;
}

const basics = ({ server, dir, uploadHost, files, admins, config }: Setting) => ({
  access: { register: ['a.example'] },
  ...config,
  xmpp: { host: '127.0.0.1', port: server.port, domains: ['a.example', 'b.example'], upload_hosts: [uploadHost] },
  store: `sqlite:${join(dir, 'store.db')}`,
  key: { file: join(dir, 'isthmus.key') },
  ...(files && { http: { listen: '127.0.0.1:0', public_url: files }, media: { dir: join(dir, 'media') } }),
  admins,
});

/** One transport that carries its definition directly: networks of the tests are no kinds that operators know. */
function configFor(setting: Setting): Config {
  const { wire, server, persistent, backoff } = setting;
  const { domain, definition, settings } = wire;
  const limits = backoff && { reconnect_min: backoff[0], reconnect_max: backoff[1], connect_pace: backoff[0] };
  const given: object & { readonly limits?: object } = { limits: {}, ...basics(setting) };
  const checked = house.parse({
    ...given,
    ...(limits && { limits: { ...given.limits, ...limits } }),
    transports: { [domain]: settings },
  });
  const secret = new Sealed(server.secret);
  return {
    ...checked,
    // A second is the least that operators may set; here nobody is waited for.
    limits: { ...checked.limits, ...(!limits && { reconnect_min: 1, reconnect_max: 2, connect_pace: 0 }) },
    transports: [
      {
        domain,
        kind: definition.kind,
        definition,
        secret,
        history: { record: true, replay: 20 },
        receipts: 'confirmed',
        persistent,
        overrides: {},
        settings: definition.config.parse(settings),
      },
    ],
  };
}

/** A member of a room who has no client there has a row as well, without a resource. */
const KEPT = `select (select count(*) from occupancy where full_jid like '%/%') as clients,
  (select count(*) from occupancy where full_jid not like '%/%') as members, (select count(*) from rosters) as occupants`;
const OWED = `select count(*) as count from journal where lane like 'out %' and state in ('ready', 'flight')`;

const TRIED = `select max(attempts) as tries from journal where lane like 'out %' and state = 'ready'`;

/** Looks into the store from outside: what is written off the path is there when it is there. */
async function holds(file: string, question: string, wanted: object): Promise<void> {
  await eventually(() => {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      expect({ ...db.prepare(question).get() }).toEqual(wanted);
    } finally {
      db.close();
    }
  });
}
