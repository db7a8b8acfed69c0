import type { ConnectionState } from '#bridges/irc/connection/connection-state.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { contactPlace } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { target } from '#bridges/irc/wire/encode.ts';
import type { Host } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import { type Monitor, type MonitorReason, openMonitor, type PresenceChange } from './monitor.ts';

/** Conversations that one connection remembers. */
const CONVERSATIONS = 1000;

type ContactsOptions = {
  readonly host: Host;
  readonly view: ConnectionState;
  /** Queues a line; false where it cannot be taken now. */
  readonly say: (line: string) => boolean;
  /** A nick that we want has become free. */
  readonly free: (nick: string) => void;
};

/** The people whom one connection knows: with whom it talks, and for whom it looks. Most know nobody. */
export class Contacts {
  readonly #options: ContactsOptions;
  #conversations: Set<string> | undefined;
  #monitor: Monitor | undefined;

  constructor(options: ContactsOptions) {
    this.#options = options;
  }

  /** Whether somebody is looked for at all. */
  get monitor(): Monitor | undefined {
    return this.#monitor;
  }

  /** IRC has no subscriptions: whoever wants to see somebody just looks. Throws a `Failure`. */
  subscribe({ action, place }: EventOf<'contact'>): void {
    const { view } = this.#options;
    if (action === 'subscribe') this.watch(target(place, view, 'contact'), 'contact');
    else if (action === 'unsubscribe') this.unwatch(target(place, view, 'contact'), 'contact');
  }

  /** Throws `Failure('queue-full')`. */
  watch(nick: string, why: MonitorReason): void {
    const { host, view, say, free } = this.#options;
    this.#monitor ??= openMonitor({
      ...{ view, clock: host.clock, say, free },
      caps: () => view.caps,
      tell: (seen) => this.#tell(seen),
    });
    this.#monitor.add(nick, why);
  }

  unwatch(nick: string, why: MonitorReason): void {
    this.#monitor?.drop(nick, why);
  }

  /** There is a conversation with a nick. */
  talksWith(nick: string): void {
    this.#conversations ??= new Set();
    const [oldest] = this.#conversations;
    if (this.#conversations.size >= CONVERSATIONS && oldest !== undefined) this.#conversations.delete(oldest);
    this.#conversations.add(this.#options.view.fold(nick));
  }

  /** Whether there is a conversation with a folded nick, or it is a contact. */
  knows(folded: string): boolean {
    return (this.#conversations?.has(folded) ?? false) || (this.#monitor?.has(folded, 'contact') ?? false);
  }

  stop(): void {
    this.#monitor?.stop();
  }

  #tell({ nick, show, status }: PresenceChange): void {
    const { host, view } = this.#options;
    const from = { kind: 'network', id: view.id(nick), name: nick } as const;
    const place = contactPlace(nick, view);
    emit(host, [{ kind: 'presence', place, from, show, ...(status !== undefined && { status }) }]);
  }
}

/** Somebody speaks: to us that is a conversation. */
export const spoke: LineReading = ({ nick, params: [to = ''] }, { contacts, view }) => {
  if (isSelf(to, view)) contacts.talksWith(nick);
  contacts.monitor?.spoke(nick);
  return false;
};

export const came: LineReading = ({ nick }, { contacts }) => {
  contacts.monitor?.passed(nick, true);
  return false;
};

export const went: LineReading = ({ nick }, { contacts }) => {
  contacts.monitor?.passed(nick, false);
  return false;
};

export const renamed: LineReading = ({ nick, params: [next = ''] }, { contacts, view }) => {
  if (isSelf(nick, view)) return false;
  contacts.monitor?.listed([nick], false);
  contacts.monitor?.listed([next], true);
  return false;
};

/** https://ircv3.net/specs/extensions/away-notify */
export const awayNotice: LineReading = ({ nick, params: [text] }, { contacts }) => {
  contacts.monitor?.away(nick, text || undefined);
  return false;
};

/** RFC 2812 §5.1: 301 says of a nick that it is away. */
export const awayReply: LineReading = ({ params }, { contacts }) => {
  contacts.monitor?.away(params[1] ?? '', params.at(-1));
  return false;
};

/** RFC 2812 §4.9: 303. */
export const isonReply: LineReading = ({ params }, { contacts }) =>
  contacts.monitor?.answered((params.at(-1) ?? '').split(' ')) ?? false;

// https://ircv3.net/specs/extensions/monitor: 730 names those who are there with their masks, 731 those who are not.
const monitored =
  (there: boolean): LineReading =>
  ({ params }, { contacts }) => {
    contacts.monitor?.listed(
      (params.at(-1) ?? '').split(',').map((mask) => mask.split('!')[0] ?? ''),
      there,
    );
    return contacts.monitor !== undefined;
  };
export const monitorOnline = monitored(true);
export const monitorOffline = monitored(false);

/** 734: the list is full. */
export const monitorFull: LineReading = ({ params: [, , nicks = ''] }, { contacts }) => {
  contacts.monitor?.full(nicks.split(','));
  return contacts.monitor !== undefined;
};
