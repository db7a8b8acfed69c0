import type { Element } from 'ltx';
import { shownName } from '#mappings/names.ts';
import type { HomeServer, Listed } from '#src/core/index.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';
import { type BareJid, splitAccount } from '#src/model/ids.ts';
import { jidOf, placeJid, speakingJid } from '#src/xmpp/stanza/jid.ts';
import type { View } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { BLOCKING, blockedIds, blockList } from '#src/xmpp/xep/blocking.ts';
import { bookmark, bookmarkGone, bookmarkIn, bookmarkQuestion, PUBSUB } from '#src/xmpp/xep/bookmarks.ts';
import { readUpTo } from '#src/xmpp/xep/displayed-synchronization.ts';
import { own } from '#src/xmpp/xep/elements.ts';
import {
  offer,
  offeredItem,
  ROSTER_EXCHANGE,
  type RosterEntry,
  removedItem,
  rosterItem,
} from '#src/xmpp/xep/roster-exchange.ts';
import type { ForUser, Privileges } from './privileges.ts';

type Served = {
  readonly view: View;
  readonly link: {
    request(ask: Ask): Promise<Element>;
    stanza(kind: 'message', head: { from: string; to: string; type?: string }, ...children: readonly Xml[]): unknown;
  };
};
export type HomeParts = {
  readonly privileges: Privileges;
  readonly log: Log;
  transport(domain: string): Served | undefined;
};

const INFO = xml`<query xmlns='http://jabber.org/protocol/disco#info'/>`;
/** Clients of which it is remembered whether they take contacts, servers, and how long (ms) one may take to answer. */
const CLIENTS = 1000;
const SERVERS = 1000;
const PATIENCE = 10_000;

/** What is done for users at their own server, as far as that lets us (XEP-0356), and what clients are asked for elsewhere. */
export function openHome({ privileges, log, transport }: HomeParts): HomeServer {
  /** Whether a server keeps that both see each other, as it is told: ejabberd 24.12 does not. */
  const keepsBoth = openRecent<boolean>(SERVERS);
  /** The contacts that are offered to a client as soon as it has said that it takes such; nothing once it has. */
  const takers = openRecent<{ readonly takes: Promise<boolean>; waiting: Xml[] | undefined }>(CLIENTS);

  /** What is done with one is done in order: who leaves while it is made has none. */
  const bookmarks = lanes((err) => log.error({ err }, 'a bookmark could not be changed'));

  const grants = (who: ForUser, access: 'get' | 'set'): boolean => privileges.of(who)?.iq(PUBSUB, access) === true;

  async function done(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (err) {
      log.debug({ err }, 'the server of a user did not do what it lets us do');
      return false;
    }
  }

  async function isKept(who: ForUser, jid: string): Promise<boolean> {
    const server = `${who.user.slice(who.user.indexOf('@'))} ${who.transport}`;
    const before = keepsBoth.get(server);
    if (before !== undefined || !privileges.of(who)?.roster('get')) return before ?? true;
    const roster = await privileges.roster(who, 'get');
    const kept = (roster ? own(roster, 'item') : []).some(
      ({ attrs }) => attrs.jid === jid && attrs.subscription === 'both',
    );
    keepsBoth.set(server, kept);
    return kept;
  }

  const discovered = (link: Served['link'], from: string, to: string): Promise<boolean> =>
    link.request({ from, to, payload: INFO, timeout: PATIENCE }).then(
      (answer) =>
        (answer.getChild('query')?.getChildren('feature') ?? []).some(({ attrs }) => attrs.var === ROSTER_EXCHANGE),
      () => false,
    );

  /** Offers it to a client, together with all else that is to be offered by the time that it has answered. */
  async function offered({ link }: Served, domain: string, to: string, entry: RosterEntry): Promise<boolean> {
    const found = takers.get(to) ?? { takes: discovered(link, domain, to), waiting: [] };
    takers.set(to, found);
    const tell = (items: readonly Xml[]): unknown =>
      link.stanza('message', { from: speakingJid(domain), to }, offer(items));
    if (found.waiting) found.waiting.push(offeredItem(entry));
    const takes = await found.takes;
    const items = found.waiting ?? [offeredItem(entry)];
    found.waiting = undefined;
    if (takes && items.length > 0) tell(items);
    return takes;
  }

  async function enlist(
    { account, id, name, groups }: Listed,
    clients: readonly string[],
  ): ReturnType<HomeServer['enlist']> {
    const who = splitAccount(account);
    const served = transport(who.transport);
    const entry = { jid: jidOf(id, who.transport), name: name && shownName(name), groups: groups.map(shownName) };
    if (privileges.of(who)?.roster('set')) {
      const set = privileges.roster(who, 'set', rosterItem(entry));
      if (await done(set)) return (await isKept(who, entry.jid).catch(() => false)) ? 'both' : 'ask';
    }
    const taken = served ? await Promise.all(clients.map((to) => offered(served, who.transport, to, entry))) : [];
    return taken.includes(true) ? 'offered' : 'ask';
  }

  return {
    enlist,
    async delist(account, id) {
      const who = splitAccount(account);
      if (!privileges.of(who)?.roster('set')) return false;
      return await done(privileges.roster(who, 'set', removedItem(jidOf(id, who.transport))));
    },
    bookmark(place, { account, nick, name }) {
      const who = splitAccount(account);
      const room = roomOf(place, transport(who.transport));
      if (room === undefined || !grants(who, 'set') || !grants(who, 'get')) return false;
      return new Promise((resolve) =>
        bookmarks.run(`${account} ${room}`, () => bookmarked(who, room, { nick, name }).then(resolve)),
      );
    },
    unbookmark(place, account) {
      const who = splitAccount(account);
      const room = roomOf(place, transport(who.transport));
      if (room === undefined || !grants(who, 'set')) return;
      bookmarks.run(`${account} ${room}`, async () => void (await done(ask(who, 'set', bookmarkGone(room)))));
    },
    displayed(place, account, stanzaId) {
      const who = splitAccount(account);
      const room = roomOf(place, transport(who.transport));
      if (room === undefined || !grants(who, 'set')) return false;
      void done(ask(who, 'set', readUpTo(room, stanzaId)));
      return true;
    },
    async blocked(domain: string, user: BareJid) {
      const view = transport(domain)?.view;
      const question = { namespace: BLOCKING, type: 'get', payload: blockList } as const;
      const list = await privileges.ask({ user, transport: domain }, question);
      return list && view ? blockedIds(list, view) : [];
    },
  };

  function ask(who: ForUser, type: 'get' | 'set', payload: Xml): Promise<Element | undefined> {
    return privileges.ask(who, { namespace: PUBSUB, type, payload });
  }

  /** One that is there already is the user's own: whether it is joined by itself is not changed. */
  async function bookmarked(who: ForUser, room: string, as: { nick: string; name: string }): Promise<boolean> {
    try {
      const found = bookmarkIn(await ask(who, 'get', bookmarkQuestion(room)), room);
      if (found) return found === 'joined';
    } catch (err) {
      // XEP-0060 §6.5.9.12: an error where there is no node yet. One that cannot be read is not written over.
      if (!(err instanceof Failure && err.code === 'item-not-found')) return false;
    }
    return done(ask(who, 'set', bookmark(room, as)));
  }
}

const roomOf = (place: Parameters<HomeServer['displayed']>[0], served: Served | undefined): string | undefined =>
  served && placeJid(place, served.view.transport.addresses);
