import type { Channel, ChannelMember } from '#bridges/irc/channels/channel.ts';
import { openPrimaries, type Primaries } from '#bridges/irc/channels/primary.ts';
import { KnownReactions } from '#bridges/irc/people/reactions.ts';
import { ReadMarks } from '#bridges/irc/people/read-marks.ts';
import type { Server, ServerAddress } from '#bridges/irc/servers.ts';
import { openToldUnderTime, type ToldUnderTime } from '#bridges/irc/wire/played-back.ts';
import { Spelling } from '#bridges/irc/wire/spelling.ts';
import type { Host } from '#src/bridge.ts';
import { openRecent, type Recent } from '#src/lib/recent.ts';
import type { Addresses } from '#src/model/address.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { IrcConnection } from './irc-connection.ts';
import type { LoginRecords } from './registration/proven-logins.ts';
import type { TransportSecurity } from './transport-security.ts';

/** Our connections to one server: who is who, and who speaks for which channel. */
export type Realm = {
  readonly clients: Map<AccountKey, IrcConnection>;
  /** Our nicks, folded. */
  readonly nicks: Map<string, AccountKey>;
  readonly primaries: Primaries;
  /** How many connections are being made. */
  coming: number;
  /** Who is just leaving, until the line is closed. */
  readonly leaving: Map<AccountKey, Promise<void>>;
  readonly logins: LoginRecords;
  /** Who has been told that there is no connection, and why, and not yet that it is back. */
  readonly cutOff: Map<AccountKey, string>;
  /** When the connection of an account was made last, in ms since 1970. */
  readonly made: Recent<number>;
  readonly spelling: Spelling;
  /** Who was invited to a channel (account, space, folded name) that they were put into, and has not left it since. */
  readonly invited: Recent<boolean>;
  /** Up to where each channel (folded name) was heard, in the server's words: where it keeps what was said. */
  readonly heard: Recent<string>;
  /** Up to where an account has heard a channel (account, space, folded name) that it has left, and whether the server keeps that. */
  readonly left: Recent<string>;
  keepsPast: boolean;
  /** Since when an account was not connected, in the server's words: where it keeps what was said. */
  readonly lost: Recent<string>;
  readonly reactions: KnownReactions;
  readonly readMarks: ReadMarks;
  /** Who has said what, by message ids: where messages can be taken back. */
  readonly authors: Recent<string>;
  /** What was told under a time and without an id. */
  readonly told: ToldUnderTime;
};

/** Accounts of which it is known at least when they were connected last, and messages of which it is who has said them. */
const MOST = 5000;

/** Servers that are remembered beyond those to which there is a connection: people may name any, as many as they like. */
const MOST_REALMS = 1000;

/** The servers of a transport, by their names in lower case. */
export function openRealms() {
  const realms = new Map<string, Realm>();

  /** Forgets servers to which nobody is connected, those first that have not been asked for longest. */
  function makeRoom(): void {
    for (const [name, { clients, leaving, coming }] of realms) {
      if (realms.size < MOST_REALMS) return;
      if (clients.size + leaving.size + coming === 0) realms.delete(name);
    }
  }

  return {
    known: (name: string): Realm | undefined => realms.get(name.toLowerCase()),
    of(name: string): Realm {
      const key = name.toLowerCase();
      const known = realms.get(key);
      if (!known && realms.size >= MOST_REALMS) makeRoom();
      const realm = known ?? openRealm();
      realms.delete(key);
      realms.set(key, realm);
      return realm;
    },
    all: (): readonly Realm[] => [...realms.values()],
  };
}

const openRealm = (): Realm => ({
  clients: new Map(),
  nicks: new Map(),
  coming: 0,
  primaries: openPrimaries(),
  leaving: new Map(),
  logins: new Map(),
  cutOff: new Map(),
  made: openRecent(MOST),
  spelling: new Spelling(),
  invited: openRecent(MOST),
  heard: openRecent(MOST),
  left: openRecent(MOST),
  keepsPast: false,
  lost: openRecent(MOST),
  reactions: new KnownReactions(),
  readMarks: new ReadMarks(),
  authors: openRecent(MOST),
  told: openToldUnderTime(),
});

/** What a connection is opened with. */
export type ConnectionSetup = {
  readonly host: Host;
  readonly addresses: Addresses;
  readonly realm: Realm;
  readonly server: Server;
  /** What its user knows of the address. */
  readonly called: string;
  /** Where the line leads to. */
  readonly address: ServerAddress;
  readonly security: TransportSecurity;
  /** How those who run the gateway are reached. */
  readonly contact: string | undefined;
  /** Milliseconds that logging in may take. */
  readonly timeout: number;
  /** Milliseconds without a word after which the server is asked whether it is there, and given up after as long again. */
  readonly silence: number;
  /** Milliseconds that those who went with a netsplit are still shown; 0 for not at all. */
  readonly splitTime: number;
  /** The most lines that may wait. */
  readonly queued: number;
  /** Nobody has just asked for it, or who did has seen it connect lately: only what is news is told. */
  readonly quiet: boolean;
  /** Nobody has just asked for it. */
  readonly unasked: boolean;
  /** The digest of the message of the day that its user was told last. */
  readonly motd: string | undefined;
  /** The nick that its user has asked for last. */
  readonly nick: string | undefined;
};

/**
 * Ours in a channel, each as its own connection knows it. The primary connection may not have read yet
 * that they came, and says nothing of it when it does: a list without them would put them out for good.
 */
export function oursIn(realm: Realm, channel: string): ChannelMember[] {
  return realm.primaries.members(channel).flatMap(({ account }) => {
    const client = realm.clients.get(account);
    return (client && memberOf(client, channel)) ?? [];
  });
}

/** A channel as its primary connection knows it. */
export function primaryChannel(realm: Realm, channel: string): Channel | undefined {
  const senior = realm.primaries.senior(channel);
  return senior && realm.clients.get(senior.account)?.view.room(channel);
}

/** The member of a channel that a connection is itself. */
const memberOf = (client: IrcConnection, channel: string): ChannelMember | undefined =>
  client.view.room(channel)?.members.get(client.view.fold(client.view.nick));
