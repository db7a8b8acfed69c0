import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startRelay } from './relay.ts';
import { type RunningXmppServer, startXmppServer, type XmppServerName } from './xmpp-servers.ts';

export const HOME = 'localhost';
export const FAR = 'far.localhost';

/** The faults of `reference` to a server, and its recovery. */
export interface FarServer extends RunningXmppServer {
  /** Freezes it and cuts the link in both directions: nobody says that it is so. */
  freezeAndCut(): void;
  thawAndMend(): void;
  /** Cuts the link alone, and resolves once both servers know of it. */
  cut(): Promise<void>;
  mend(): void;
  /** Starts it anew so that it takes nobody's certificate, or takes everybody's again. */
  trust(everybody: boolean): Promise<void>;
}

export type FederationOptions = {
  readonly home?: XmppServerName;
  readonly far: XmppServerName;
  /** Component domains of the home server. */
  readonly domains: Readonly<Record<string, string>>;
  /** Of the home server. */
  readonly users: Readonly<Record<string, string>>;
  readonly farUsers: Readonly<Record<string, string>>;
  /** Of the other one, more than what every server here loads. */
  readonly farModules?: readonly string[];
  /** How long a connection between servers may take, in seconds: 5 when not given, as what they have takes minutes. */
  readonly timeout?: number;
};

/**
 * Two servers that federate on 127.0.0.1: `localhost` with the components, and `far.localhost`. Each finds the other at a
 * relay, so that the link can be cut. The first stanza takes some seconds.
 */
export async function startFederation({ home = 'prosody', far, domains, timeout = 5, ...options }: FederationOptions) {
  await using stack = new AsyncDisposableStack();
  const there = stack.use(await startRelay());
  const back = stack.use(await startRelay());
  const peers = Object.fromEntries([HOME, ...Object.keys(domains)].map((domain) => [domain, back.port]));
  const near = stack.use(
    await startXmppServer(home, {
      domains,
      users: options.users,
      s2s: { peers: { [FAR]: there.port }, timeout },
    }),
  );
  const distant = stack.use(
    await startXmppServer(far, {
      host: FAR,
      users: options.farUsers,
      s2s: { peers, timeout },
      ...(options.farModules && { modules: options.farModules }),
    }),
  );
  there.target = distant.ports.s2s;
  back.target = near.ports.s2s;
  const farServer: FarServer = {
    ...distant,
    async kill() {
      await there.refuse();
      await distant.kill();
    },
    async stop() {
      await distant.stop();
      await there.refuse();
    },
    async restart() {
      await distant.restart();
      await there.listen();
    },
    freezeAndCut() {
      distant.freeze();
      for (const relay of [there, back]) relay.cut();
    },
    thawAndMend() {
      distant.thaw();
      farServer.mend();
    },
    async cut() {
      // What is written to a connection before it is known to have ended is lost without a word (RFC 6120 §4.4).
      await Promise.all([there, back].map((relay) => relay.close()));
    },
    mend() {
      for (const relay of [there, back]) relay.mend();
    },
    async trust(everybody) {
      await distant.stop();
      await (far.startsWith('prosody') ? trustOfProsody : trustOfEjabberd)(distant.dir, everybody);
      await distant.restart();
    },
  };
  const homeServer: RunningXmppServer = {
    ...near,
    async kill() {
      await back.refuse();
      await near.kill();
    },
    async stop() {
      await near.stop();
      await back.refuse();
    },
    async restart() {
      await near.restart();
      await back.listen();
    },
  };
  const resources = stack.move();
  return { home: homeServer, far: farServer, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function trustOfProsody(dir: string, everybody: boolean): Promise<void> {
  const file = join(dir, 'prosody.cfg.lua');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^s2s_secure_auth = .*$/m, `s2s_secure_auth = ${!everybody}`));
}

/** Without dialback (XEP-0220) only a certificate that is trusted counts. */
async function trustOfEjabberd(dir: string, everybody: boolean): Promise<void> {
  const file = join(dir, 'ejabberd.yml');
  const config = parse(await readFile(file, 'utf8'));
  const { mod_s2s_dialback: _, ...modules } = config.modules;
  const all = everybody ? { ...modules, mod_s2s_dialback: {} } : modules;
  await writeFile(file, stringify({ ...config, modules: all }));
}
