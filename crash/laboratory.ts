import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FakeConnection, type FakeServer, startXmppServer } from '../test/fakes/xmpp-server.ts';
import { folder } from '../test/process/cli/isthmus.ts';
import { bundleGateway } from './bundle.ts';
import { type Child, type ChildOptions, complaints, startChild } from './child.ts';
import { type JournalView, viewJournal } from './journal.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { Load, Network, World } from './network.ts';
import type { PigeonLoad } from './pigeon/network.ts';
import { seeded } from './random.ts';
import { FAR, SECRET, type Setting } from './setting.ts';

export type LaboratoryOptions = {
  readonly seed: number;
  /** Messages a second, each way. */
  readonly rate: number;
  /** The URL of an empty PostgreSQL database; SQLite where it is left out. */
  readonly database?: string;
  /** Many gateways will be started: they are bundled once. */
  readonly bundled?: boolean;
} & Pick<Setting, 'hasty' | 'expiry' | 'far'>;

/** A gateway's process between an XMPP server and a network that keep books. */
export type Laboratory<L extends Load = PigeonLoad> = AsyncDisposable & {
  readonly load: L;
  readonly ledger: Ledger;
  readonly journal: JournalView;
  readonly store: string;
  /** The gateway that runs, or ran last. */
  readonly child: Child;
  readonly connection: FakeConnection;
  /** Ms from the start of a process until its link was up, of each start. */
  readonly starts: readonly number[];
  /** Starts a gateway on what the last one has left. Resolves when it is online. */
  start(options?: ChildOptions): Promise<void>;
  /** Resolves when the gateway and its line have gone, and what may come again is known. */
  gone(): Promise<void>;
  /** The link drops, or has dropped, and comes back once `back` has resolved. */
  relink(drop: (server: FakeServer) => void | Promise<void>, back?: () => Promise<FakeServer>): Promise<void>;
  /** Waits for something that is looked at now and then; what has not come in a minute is a violation. */
  until(what: string, look: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Ends the load, waits until nothing is owed to anybody, stops the gateway and closes the ledger. */
  finish(): Promise<void>;
  /** Copies the store, where it is a file, and the log into a folder. */
  keep(into: string): void;
  /** What the gateways have logged as errors. */
  complaints(): readonly string[];
  /** What the network has counted besides. */
  figures(): object;
};

const LOOK = 50;
const PATIENCE = 60_000;

/** Opens everything but the gateway. */
export async function openLaboratory<L extends Load>(
  options: LaboratoryOptions,
  network: Network<L>,
): Promise<Laboratory<L>> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  let server = await startXmppServer({ secret: SECRET });
  stack.defer(() => server.close());
  const store = options.database ?? `sqlite:${join(dir.path, 'store.db')}`;
  const { hasty = false, expiry, far = false } = options;
  const program = options.bundled ? await bundleGateway(join(dir.path, 'bundle')) : undefined;
  if (far) server.elsewhere.add(FAR);
  const ledger = openLedger(network);
  const world: World<L> = stack.use(
    await network.open({ ledger, random: seeded(options.seed), rate: options.rate, far }),
  );
  const { load } = world;
  const setting = (): Setting => ({
    ...{ dir: dir.path, store, xmppPort: server.port, network: world.setting, hasty, far },
    ...(expiry !== undefined && { expiry }),
  });
  const journal = viewJournal(store);
  const starts: number[] = [];
  let child: Child | undefined;
  let connection: FakeConnection | undefined;
  let coming: Promise<FakeConnection> | undefined;
  let owed: readonly string[] = [];
  stack.defer(() => child?.kill());

  async function until(what: string, look: () => boolean | Promise<boolean>): Promise<boolean> {
    for (let [before, since] = [Number.NaN, performance.now()]; !(await look()); await delay(LOOK)) {
      const now = load.progress();
      if (now !== before) [before, since] = [now, performance.now()];
      if (performance.now() - since < PATIENCE) continue;
      ledger.violate(`nothing happens any more, and in vain is waited for ${what}`);
      return false;
    }
    return true;
  }

  async function connected(lived: boolean): Promise<void> {
    // Whoever waits in vain for a gateway that has ended early would have the next one's.
    coming ??= server.connection(network.domain);
    connection = await coming;
    coming = undefined;
    ledger.connected(owed, lived);
    load.attach(connection);
  }

  async function start(how: ChildOptions = {}): Promise<void> {
    const began = performance.now();
    const fresh = startChild(setting(), { ...how, ...(program !== undefined && { program }) });
    child = fresh;
    const failed = fresh.ended.then((code) => Promise.reject(new Error(`the gateway has ended with ${code}`)));
    // What ends before its link is up ends at one of the points, or has a fault.
    await Promise.race([connected(false), how.at === undefined ? failed : fresh.ended]);
    failed.catch(() => undefined);
    starts.push(performance.now() - began);
  }

  const laboratory: Laboratory<L> = {
    load,
    ledger,
    journal,
    store,
    get child() {
      return present(child);
    },
    get connection() {
      return present(connection);
    },
    starts,
    start,
    async gone() {
      await child?.ended;
      await connection?.closed;
      owed = await journal.owedToXmpp();
    },
    async relink(drop, back) {
      const old = connection;
      await drop(server);
      owed = await journal.owedToXmpp();
      if (back) server = await back();
      await connected(true);
      old?.kill();
    },
    until,
    async finish() {
      load.end();
      // What clients have just sent again is accepted before anybody looks.
      if (connection) await Promise.race([connection.sync(), connection.closed]);
      const isEnd = async (): Promise<boolean> => load.unacknowledged() === 0 && (await journal.owed()) === 0;
      // What its network tells after that is nothing of what was said, and may be on its way.
      if (!(await until('the end of what is owed', isEnd)))
        for (const row of await journal.leftOver()) ledger.violate(`left over: ${row}`);
      child?.signal('SIGTERM');
      const code = await child?.ended;
      if (code !== 0) ledger.violate(`the last stop has ended with ${code}`);
      const accepted = await journal.accepted();
      ledger.close(accepted, load.landed(), await journal.parked());
      world.audit?.(accepted);
    },
    keep(into) {
      const isKept = (name: string): boolean => name.startsWith('store.db') || name === 'gateway.log';
      for (const name of readdirSync(dir.path).filter(isKept)) cpSync(join(dir.path, name), join(into, name));
    },
    complaints: () => complaints(dir.path),
    figures: () => world.figures?.() ?? {},
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
  const resources = stack.move();
  return laboratory;
}

/** What there is once a gateway was started. */
function present<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('no gateway was started yet');
  return part;
}
