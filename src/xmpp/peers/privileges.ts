import { randomUUID } from 'node:crypto';
import type { Element } from 'ltx';
import type { Origin } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { BareJid } from '#src/model/ids.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { elements } from '#src/xmpp/xep/elements.ts';
import { type Grant, grantOf, privilegedAnswer, privilegedIq } from '#src/xmpp/xep/privilege.ts';

/** The account of a user at a server, and which of our domains asks. */
export type ForUser = { readonly user: BareJid; readonly transport: string };
/** `to`: another service than the account itself. */
type Question = {
  readonly namespace: string;
  readonly type: 'get' | 'set';
  readonly payload: Xml;
  readonly to?: string;
};

/** What servers let us do for their users (XEP-0356). */
export type Privileges = {
  /** Takes what a server says of our rights, at first or once more. Looks at presence, too. */
  takes(stanza: Element, origin: Origin): boolean;
  of(who: ForUser): Grant | undefined;
  /**
   * Whether the presence of users comes by itself (§7), also of those who were there before us: some of it has come before
   * anybody was asked. ejabberd shows only who comes later: its users have to be asked.
   */
  shows(who: ForUser): boolean;
  /** The link of one of our domains was lost: a server says it all again. */
  drop(domain: string): void;
  /** Asks a user's account in the user's name, and resolves with the payload. Rejects where it may not, and where nobody answers; with the `Failure` item-not-found where there is no such thing. */
  ask(who: ForUser, question: Question): Promise<Element | undefined>;
  /** Asks for a user's roster (§5), or changes it: that is an ordinary request. As `ask`. */
  roster(who: ForUser, type: 'get' | 'set', items?: Xml): Promise<Element | undefined>;
};

/** How long a server may take, in ms: some answer nothing to what they do not grant. */
const PATIENCE = 10_000;
/** Grants that are known (SECURITY rule 11): any server may say that it gives one. Our own do so as a link begins. */
const MOST = 1000;

type Requesting = { request(ask: Ask): Promise<Element> };

export function openPrivileges(links: ReadonlyMap<string, Requesting>): Privileges {
  /** By the domain of users, and the domain of ours that may. */
  const grants = new Map<string, Grant>();
  /** Of these, whose users are all shown to us as we come; and our domains that have asked for presence since. */
  const showing = new Set<string>();
  const asked = new Set<string>();
  const of = ({ user, transport }: ForUser): Grant | undefined => grants.get(`${splitJid(user).domain} ${transport}`);

  function note(key: string, to: string): void {
    if (!asked.has(to) && grants.get(key)?.presence) showing.add(key);
  }

  async function request({ user, transport }: ForUser, type: 'get' | 'set', payload: Xml): Promise<Element> {
    const link = links.get(transport);
    if (!link) throw new Error('there is no such transport');
    const answer = await link.request({ to: unlikeSpelt(user), type, payload, timeout: PATIENCE });
    // ejabberd 24.12 makes an error of what holds one.
    if (answer.attrs.type !== 'result') throw refusal(privilegedAnswer(answer), answer);
    return answer;
  }

  return {
    of,
    shows({ user, transport }) {
      // What comes from now on may be an answer.
      asked.add(transport);
      return showing.has(`${splitJid(user).domain} ${transport}`);
    },
    drop(domain) {
      asked.delete(domain);
      for (const key of grants.keys()) if (key.endsWith(` ${domain}`)) grants.delete(key);
      for (const key of showing) if (key.endsWith(` ${domain}`)) showing.delete(key);
    },
    takes(stanza, { stanza: kind, from, to }) {
      if (kind === 'presence') {
        if (grants.size > 0) note(`${splitJid(from).domain} ${to}`, to);
        return false;
      }
      const { local, domain } = splitJid(from);
      if (local !== '' || splitJid(to).local !== '') return false;
      const grant = grantOf(stanza);
      if (grant === undefined) return false;
      const key = `${domain} ${to}`;
      if (grant) {
        if (grants.has(key) || grants.size < MOST) grants.set(key, grant);
      } else grants.delete(key);
      if (!grant?.presence) showing.delete(key);
      return true;
    },
    async ask(who, { namespace, type, payload, to = who.user }) {
      if (!of(who)?.iq(namespace, type)) throw new Error('the server of the user does not let us ask that');
      const inner = privilegedIq(to, { type, id: randomUUID(), payload });
      const answer = privilegedAnswer(await request(who, type, inner));
      if (answer?.attrs.type !== 'result') throw refusal(answer, answer);
      return elements(answer)[0];
    },
    async roster(who, type, items) {
      if (!of(who)?.roster(type)) throw new Error('the server of the user does not let us at the roster');
      const answer = await request(who, type, xml`<query xmlns='jabber:iq:roster'>${items}</query>`);
      return elements(answer)[0];
    },
  };
}

/** That the account has no such thing is an answer, and all else is none. */
const refusal = (ofAccount: Element | undefined, whole: Element | undefined): Error =>
  ofAccount?.getChild('error')?.getChild('item-not-found')
    ? new Failure('item-not-found')
    : new Error(`what is asked for the user is refused: ${whole}`);

/**
 * The same address for every server that prepares it (RFC 7622 §3.2). ejabberd 24.12 takes a request in a user's name only
 * where the two addresses in it are not spelt alike: else it hands what is inside back to us.
 */
const unlikeSpelt = (user: BareJid): string => {
  const { local, domain } = splitJid(user);
  return `${local}@${domain.toUpperCase()}`;
};
