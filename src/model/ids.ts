declare const brand: unique symbol;

/** A string that was checked once and is told apart from others by the compiler. */
export type Brand<Name extends string> = string & { readonly [brand]: Name };

/** Our own id of an event. */
export type EventId = Brand<'EventId'>;
/** An id that an XMPP stanza carries. Only `core/ids.ts` may meet it with a `ForeignId`. */
export type XmppId = Brand<'XmppId'>;
/** An id that a network gave to a message. */
export type ForeignId = Brand<'ForeignId'>;
/** How an event names an earlier message. Each side sees its own ids only: a bridge gets and gives `ForeignId`s. */
export type MessageId = EventId | XmppId | ForeignId;
/** `local@domain` or `domain`, prepared (RFC 7622). */
export type BareJid = Brand<'BareJid'>;
/** A bare JID at one of our domains: whoever uses a transport has an account there. */
export type AccountKey = Brand<'AccountKey'>;

type AccountParts = { readonly user: BareJid; readonly transport: string };

/** Accounts that are remembered at least, and those of each transport by their users. */
const ACCOUNTS = 20_000;
const accounts = new Map<string, Map<BareJid, AccountKey>>();
let remembered = 0;

/** A stanza has one account, which each step asks for or takes apart. */
let last = '' as AccountKey;
let lastParts: AccountParts = { user: '' as BareJid, transport: '' };

/**
 * The account of `user` at the component domain `transport`. JIDs hold no spaces, so the key is unambiguous. Who comes often
 * has the same string each time, which is hashed already wherever something is looked up by it.
 */
export function accountKey(user: BareJid, transport: string): AccountKey {
  if (user === lastParts.user && transport === lastParts.transport) return last;
  last = accounts.get(transport)?.get(user) ?? fresh(user, transport);
  lastParts = { user, transport };
  return last;
}

function fresh(user: BareJid, transport: string): AccountKey {
  if (remembered++ % ACCOUNTS === 0) accounts.clear();
  const own = accounts.get(transport) ?? new Map<BareJid, AccountKey>();
  const key = `${user} ${transport}` as AccountKey;
  // A part of a text keeps the whole of it in memory: of this one no more.
  accounts.set(transport, own.set(key.slice(0, user.length) as BareJid, key));
  return key;
}

/** The two halves of an account key. */
export function splitAccount(key: AccountKey): AccountParts {
  if (key === last) return lastParts;
  const space = key.indexOf(' ');
  last = key;
  lastParts = { user: key.slice(0, space) as BareJid, transport: key.slice(space + 1) };
  return lastParts;
}

/** The domain of a JID. */
export function domainOf(jid: string): string {
  const bare = bareOf(jid);
  return bare.slice(bare.indexOf('@') + 1);
}

/** A JID without its resource. */
export function bareOf(jid: string): BareJid {
  const slash = jid.indexOf('/');
  return (slash < 0 ? jid : jid.slice(0, slash)) as BareJid;
}

let counter = 0;
const epoch = Date.now().toString(36);

/** A fresh id of our own, unique across restarts and ordered within a process. */
export const newEventId = (): EventId => `${epoch}-${(++counter).toString(36)}` as EventId;
