import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { AMBIGUOUS, escapeName, unescapeName } from './escape.ts';
import { splitNamesEntry } from './modes.ts';
import { foldName, isName } from './names.ts';

/** Names of one server that are remembered. */
const LIMIT = 5000;

type Server = Pick<ServerView, 'isupport' | 'fold'>;

/**
 * How the names of a server stand in addresses, which fold as rfc1459: they are formed before any server is known. Where
 * a server tells two names apart that fold to one (CASEMAPPING), the first that is seen has the address, and keeps it;
 * others have an escaped address each. All connections to a server share it (decision 0010).
 */
export class Spelling {
  /** Who has an address, as the server wrote it last. Only names that could have a twin are here. */
  readonly #owners = new Map<string, string>();

  /** A name of the server as it stands in addresses. */
  id(name: string, server: Server): string {
    if (!tells(server) || !AMBIGUOUS.test(name)) return foldName(escapeName(shown(name, server)));
    const key = foldName(name);
    const owner = this.#owners.get(key);
    if (owner !== undefined && server.fold(owner) !== server.fold(name)) return foldName(escapeName(name, true));
    this.#keep(key, name);
    return foldName(escapeName(shown(name, server)));
  }

  /** A name of an address as the server writes it. */
  of(name: string, server: Server): string {
    const exact = unescapeName(name);
    if (exact !== name || !tells(server) || !AMBIGUOUS.test(name)) return exact;
    return this.#owners.get(foldName(name)) ?? name;
  }

  /** Learns from a line; never consumes it. */
  note({ command, nick, params }: Line, server: Server): void {
    if (!tells(server)) return;
    this.#see(nick, server);
    if (command === 'NICK' || command === 'JOIN') this.#see(params[0], server);
    if (command === '322' || command === '311') this.#see(params[1], server);
    if (command === '353')
      for (const entry of (params.at(-1) ?? '').split(' '))
        this.#see(splitNamesEntry(entry, server.isupport).nick, server);
  }

  #see(name = '', server: Server): void {
    if (AMBIGUOUS.test(name) && isName(name)) this.id(name, server);
  }

  #keep(key: string, name: string): void {
    const [oldest] = this.#owners.keys();
    if (!this.#owners.has(key) && this.#owners.size >= LIMIT && oldest !== undefined) this.#owners.delete(oldest);
    this.#owners.set(key, name);
  }
}

/** Where letters beyond ASCII have no case either, an address need not keep it. */
const shown = (name: string, { isupport, fold }: Server): string =>
  /^rfc[78]/.test(isupport.casemapping) ? fold(name) : name;

// Every mapping but rfc1459 leaves some of these characters apart.
const tells = ({ isupport }: Server): boolean => isupport.casemapping !== 'rfc1459';
