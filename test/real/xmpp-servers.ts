import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '#src/process/cli/demo/servers/available.ts';
import { type ServerToServer, startProsody } from '#src/process/cli/demo/servers/prosody.ts';
import type { RunningServer } from '#src/process/cli/demo/servers/running.ts';
import { startEjabberd } from './ejabberd.ts';
import { rootOf, type Unpacked } from './unpacked.ts';

export interface XmppServerOptions {
  /** Component domains and their secrets (XEP-0114). */
  readonly domains?: Readonly<Record<string, string>>;
  /** The virtual host, `localhost` when not given. */
  readonly host?: string;
  /** Connections to and from other servers; none otherwise. */
  readonly s2s?: ServerToServer;
  /** Accounts of the virtual host: the part before the @, and the password. */
  readonly users?: Readonly<Record<string, string>>;
  /** Component domains with every right of XEP-0356 that the server knows; without the list its module is not loaded. */
  readonly privileged?: readonly string[];
  /** Of ejabberd: whether stanzas for one domain go to the connections of all of them; true as it comes. */
  readonly globalRoutes?: boolean;
  /** Of Prosody: lines for the virtual host and its components, in the place of those that follow from the options. */
  readonly hosts?: string;
  /** Of ejabberd: what its configuration has besides. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Adds BOSH (`/http-bind`) and WebSocket (`/xmpp-websocket`) on `ports.http`. */
  readonly http?: boolean;
  /** Adds an upload service (XEP-0363) on `ports.http`; needs `http`. */
  readonly upload?: boolean;
  /** Of Prosody: modules besides the usual ones, by name. */
  readonly modules?: readonly string[];
  /** The largest stanza that a client may send, in bytes; 256 KiB when not given. */
  readonly stanzaSize?: number;
  /** Of Prosody: whether clients may resume their streams (XEP-0198). */
  readonly resumable?: boolean;
}

/** A running XMPP server with the virtual host `localhost`. The component port answers only with `domains`. */
export interface RunningXmppServer extends RunningServer<Record<'c2s' | 'component' | 'http' | 's2s', number>> {
  /** Stops it (SIGSTOP): its connections stay open, and nothing is read or written. It can be killed all the same. */
  freeze(): void;
  /** Lets it go on (SIGCONT). */
  thaw(): void;
}

interface Kind {
  /** The programs that it needs. */
  readonly needs: readonly (Program | Unpacked)[];
  /** What it says of its version as it starts. */
  readonly version: string;
  /** The namespace in which it speaks XEP-0356. */
  readonly privilege: 'urn:xmpp:privilege:1' | 'urn:xmpp:privilege:2';
  start(options: XmppServerOptions): Promise<RunningServer<Record<'c2s' | 'component' | 'http' | 's2s', number>>>;
}

/** The kinds of XMPP servers: those of Debian 12, and newer ones unpacked beside them. */
export const xmppServerKinds = {
  prosody: {
    needs: ['prosody', 'prosody-modules'],
    version: 'Prosody version 0.12',
    privilege: 'urn:xmpp:privilege:2',
    start: (options) => startProsody({ ...options, ...without(options) }),
  },
  prosody13: {
    needs: ['prosody', 'prosody13'],
    version: 'Prosody version 13.0',
    privilege: 'urn:xmpp:privilege:2',
    start: (options) => startProsody({ ...options, ...without(options), program: prosody13 }),
  },
  ejabberd: {
    needs: ['ejabberd'],
    version: 'ejabberd 23.01',
    privilege: 'urn:xmpp:privilege:1',
    start: startEjabberd,
  },
  ejabberd24: {
    needs: ['ejabberd', 'ejabberd24'],
    version: 'ejabberd 24.12',
    privilege: 'urn:xmpp:privilege:2',
    start: (options) => startEjabberd({ ...options, unpacked: rootOf('ejabberd24') }),
  },
} as const satisfies Record<string, Kind>;

export type XmppServerName = keyof typeof xmppServerKinds;
export const xmppServerNames = Object.keys(xmppServerKinds) as XmppServerName[];

/** Starts an XMPP server on 127.0.0.1: no TLS for clients, passwords in the clear. */
export async function startXmppServer(name: XmppServerName, options: XmppServerOptions): Promise<RunningXmppServer> {
  const server = await xmppServerKinds[name].start(options);
  return {
    ...server,
    freeze: () => void process.kill(server.pid(), 'SIGSTOP'),
    thaw: () => void process.kill(server.pid(), 'SIGCONT'),
  };
}

// The client library of the tests confuses Prosody with stream management.
const without = ({ resumable }: XmppServerOptions) => (resumable ? {} : { without: ['smacks'] });

/** Prosody's own launcher says where the rest of it is: a copy that says where it was unpacked. */
async function prosody13(dir: string): Promise<string> {
  const root = rootOf('prosody13');
  const launcher = await readFile(join(root, 'usr/bin/prosody'), 'utf8');
  const copy = join(dir, 'prosody');
  const moved = launcher.replace(/^(CFG_(?:SOURCE|PLUGIN)DIR=')(.*)'/gm, `$1${root}$2'`);
  await writeFile(copy, moved, { mode: 0o755 });
  return copy;
}
