import { EventEmitter } from 'node:events';
import framework, { type Client } from 'irc-framework';
import type { ConnectionIdentity } from './identity.ts';
import type { Sasl } from './sasl.ts';
import type { Line } from './server-view.ts';

/** The capabilities that this bridge has a use for. `batch` is not among them, so that nothing is held back unbounded. */
const WANTED: ReadonlySet<string> = new Set([
  'echo-message',
  'message-tags',
  'server-time',
  'multi-prefix',
  'away-notify',
  'extended-monitor',
]);

/** The part of logging in that irc-framework does: CAP, NICK and USER. Its lines go through `write`. */
export type CapabilityNegotiation = {
  /**
   * Takes a line of the server in; true if nobody else needs it. May throw: the library trusts servers to send whole
   * lines.
   */
  take(line: Line): boolean;
  /** The capabilities in force. */
  capabilities(): ReadonlySet<string>;
  close(): void;
};

type Identity = Omit<ConnectionIdentity, 'nick'> & { readonly nick: string };

/**
 * Begins to log in over a line that is open already: the library never sees a socket. With `sasl` the negotiation does
 * not end before that has succeeded.
 */
export function beginNegotiation(
  { nick, username, realname, pass }: Identity,
  write: (line: string) => void,
  sasl: Sasl | undefined,
): CapabilityNegotiation {
  class Transport extends EventEmitter {
    connect(): void {
      this.emit('open');
    }
    writeLine(line: string, done?: () => void): void {
      if (line === 'CAP END' && sasl) sasl.begin();
      else write(line);
      done?.();
    }
    // The connection's owner closes it, and lines are decoded before they come here.
    close(): void {}
    disposeSocket(): void {}
    setEncoding(): boolean {
      return true;
    }
  }
  const client = new framework.Client({
    nick,
    username,
    gecos: realname,
    ...(pass && { password: pass.open() }),
    transport: Transport,
    account: {},
    version: null,
    auto_reconnect: false,
    enable_echomessage: true,
    ping_interval: 0,
    ping_timeout: 0,
  });
  client.connect();
  return {
    take(line) {
      if (sasl?.take(line)) return true;
      if (line.command === 'CAP') client.command_handler.dispatch(offered(line));
      return false;
    },
    capabilities: () => new Set(client.network.cap.enabled),
    close: () => dispose(client),
  };
}

/** A CAP line as the library may see it: an offer of only what is wanted. */
function offered(line: Line): Line {
  if (line.params[1] !== 'LS' && line.params[1] !== 'NEW') return line;
  const kept = (line.params.at(-1) ?? '').split(' ').filter((capability) => WANTED.has(capability.split('=')[0] ?? ''));
  return { ...line, params: [...line.params.slice(0, -1), kept.join(' ')] };
}

function dispose(client: Client): void {
  client.removeAllListeners();
  client.connection.removeAllListeners();
}
