import type { Channel, Channels } from '#bridges/irc/channels/channel.ts';
import type { PrimaryCandidate } from '#bridges/irc/channels/primary.ts';
import { capabilities } from '#bridges/irc/wire/capabilities.ts';
import { defaultIsupport, type Isupport } from '#bridges/irc/wire/isupport.ts';
import { folding, foldName } from '#bridges/irc/wire/names.ts';
import { serverTimeOf } from '#bridges/irc/wire/times.ts';
import type { SessionKey } from '#src/bridge.ts';
import type { Addresses } from '#src/model/address.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { ConnectionSetup } from './realm.ts';
import type { Line, ServerView } from './server-view.ts';

/** Milliseconds by which a server's stamps may differ from ours: so long an answer may take to come. */
const CLOCK_BOUND = 30_000;

const NOBODY: Pick<ServerView, 'knows'> = { knows: () => false };

/** What one connection knows of its server and itself, which it keeps up to date; and who it is to the others of ours. */
export class ConnectionState implements ServerView, PrimaryCandidate {
  nick = '';
  mask: string | undefined;
  isupport: Isupport = defaultIsupport;
  clockOffset = 0;
  /** The capabilities in force, with their values, and those that the server offers. */
  caps: ReadonlyMap<string, string> = capabilities([]);
  offered: ReadonlyMap<string, string> = this.caps;
  /** What the connection has learnt of people. */
  people = NOBODY;
  readonly #setup: ConnectionSetup;
  readonly #key: SessionKey;
  readonly #rooms: Channels;
  #folding = foldName;

  constructor(setup: ConnectionSetup, key: SessionKey, rooms: Channels) {
    this.#setup = setup;
    this.#key = key;
    this.#rooms = rooms;
  }

  get transport(): string {
    return this.#setup.host.transport;
  }

  get account(): AccountKey {
    return this.#key.account;
  }

  get realm(): string {
    return this.#key.realm;
  }

  get addresses(): Addresses {
    return this.#setup.addresses;
  }

  now(): number {
    return this.#setup.host.clock.now();
  }

  ours(folded: string): AccountKey | undefined {
    return this.#setup.realm.nicks.get(folded);
  }

  room(folded: string): Channel | undefined {
    return this.#rooms.get(folded);
  }

  fold(name: string): string {
    return this.#folding(name);
  }

  id(name: string): string {
    return this.#setup.realm.spelling.id(name, this);
  }

  spelled(name: string): string {
    return this.#setup.realm.spelling.of(name, this);
  }

  /** Learns from a line how names are written. */
  note(line: Line): void {
    this.#setup.realm.spelling.note(line, this);
  }

  knows(folded: string): boolean {
    return this.people.knows(folded);
  }

  isPrimary(channel: string): boolean {
    const { primaries } = this.#setup.realm;
    return !primaries.behind(channel, this) && primaries.isPrimary(channel, this);
  }

  sees(channel: string, other: AccountKey): boolean {
    return this.#rooms.get(channel)?.own.has(other) ?? false;
  }

  hides(channel: string, other: AccountKey): boolean {
    return this.#rooms.get(channel)?.hidden?.has(other) ?? false;
  }

  appearances(channel: string): number {
    return this.#rooms.get(channel)?.appearances ?? 0;
  }

  /** Learns from a line that the server sent at once, as an answer to us, how far its clock is from ours. */
  learnClock(line: Line): void {
    const at = serverTimeOf(line);
    if (at === undefined) return;
    const offset = this.now() - at;
    this.clockOffset = Math.abs(offset) > CLOCK_BOUND ? offset : 0;
  }

  /**
   * The server says how it is: it may compare names otherwise than was thought. Whoever is in channels already knows them and
   * their people by names as they were equal until then: that stays so until the end of the connection.
   */
  learn(said: Isupport): void {
    const { casemapping } = this.isupport;
    const settled = this.#rooms.size > 0 && said.casemapping !== casemapping;
    const isupport = settled ? { ...said, casemapping } : said;
    this.forget();
    this.isupport = isupport;
    this.#folding = folding(isupport.casemapping);
    if (this.nick !== '') this.rename(this.nick);
  }

  /** The server calls us by another nick now. */
  rename(nick: string): void {
    this.forget();
    this.nick = nick;
    this.#setup.realm.nicks.set(this.fold(nick), this.account);
  }

  /** Our nick is nobody's any more. */
  forget(): void {
    const { nicks } = this.#setup.realm;
    if (nicks.get(this.fold(this.nick)) === this.account) nicks.delete(this.fold(this.nick));
  }
}
