import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { contactPlace } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { target } from '#bridges/irc/wire/line.ts';
import type { EventOf } from '#src/model/event.ts';
import { type Monitor, type MonitorReason, openMonitor, type PresenceChange } from './monitor.ts';

/** Conversations that one connection remembers. */
const CONVERSATIONS = 1000;

/** Who knows them. */
type Owner = Pick<IrcConnection, 'host' | 'view' | 'recovery' | 'say'>;

/** The people whom one connection knows: with whom it talks, and for whom it looks. Most know nobody. */
export class KnownPeople {
  readonly #owner: Owner;
  #conversations: Set<string> | undefined;
  #monitor: Monitor | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Whether somebody is looked for at all. */
  get monitor(): Monitor | undefined {
    return this.#monitor;
  }

  /** IRC has no subscriptions: whoever wants to see somebody just looks. Throws a `Failure`. */
  subscribe({ action, place }: EventOf<'contact'>): void {
    const { view } = this.#owner;
    if (action === 'subscribe') this.watch(target(place, view, 'contact'), 'contact');
    else if (action === 'unsubscribe') this.unwatch(target(place, view, 'contact'), 'contact');
  }

  /** Throws `Failure('queue-full')`. */
  watch(nick: string, why: MonitorReason): void {
    const owner = this.#owner;
    const { host, view } = owner;
    this.#monitor ??= openMonitor({
      ...{ view, clock: host.clock },
      caps: () => view.caps,
      say: (line) => owner.say(line),
      free: (freed) => owner.recovery.free(freed),
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
    this.#conversations.add(this.#owner.view.fold(nick));
  }

  /** Whether there is a conversation with a folded nick, or it is a contact. */
  knows(folded: string): boolean {
    return (this.#conversations?.has(folded) ?? false) || (this.#monitor?.has(folded, 'contact') ?? false);
  }

  stop(): void {
    this.#monitor?.stop();
  }

  #tell({ nick, show, status }: PresenceChange): void {
    const { host, view } = this.#owner;
    const from = { kind: 'network', id: view.id(nick), name: nick } as const;
    const place = contactPlace(nick, view);
    emit(host, [{ kind: 'presence', place, from, show, ...(status !== undefined && { status }) }]);
  }
}

/** Somebody speaks: to us that is a conversation. */
export const spoke: LineReading = ({ nick, params: [to = ''] }, { people, view }) => {
  if (isSelf(to, view)) people.talksWith(nick);
  people.monitor?.spoke(nick);
  return false;
};

export const came: LineReading = ({ nick }, { people }) => {
  people.monitor?.passed(nick, true);
  return false;
};

export const went: LineReading = ({ nick }, { people }) => {
  people.monitor?.passed(nick, false);
  return false;
};

export const renamed: LineReading = ({ nick, params: [next = ''] }, { people, view }) => {
  if (isSelf(nick, view)) return false;
  people.monitor?.listed([nick], false);
  people.monitor?.listed([next], true);
  return false;
};

/** https://ircv3.net/specs/extensions/away-notify */
export const awayNotice: LineReading = ({ nick, params: [text] }, { people }) => {
  people.monitor?.away(nick, text || undefined);
  return false;
};

/** RFC 2812 §5.1: 301 says of a nick that it is away. */
export const awayReply: LineReading = ({ params }, { people }) => {
  people.monitor?.away(params[1] ?? '', params.at(-1));
  return false;
};

/** RFC 2812 §4.9: 303. */
export const isonReply: LineReading = ({ params }, { people }) =>
  people.monitor?.answered((params.at(-1) ?? '').split(' ')) ?? false;

// https://ircv3.net/specs/extensions/monitor: 730 names those who are there with their masks, 731 those who are not.
const monitored =
  (there: boolean): LineReading =>
  ({ params }, { people }) => {
    people.monitor?.listed(
      (params.at(-1) ?? '').split(',').map((mask) => mask.split('!')[0] ?? ''),
      there,
    );
    return people.monitor !== undefined;
  };
export const monitorOnline = monitored(true);
export const monitorOffline = monitored(false);

/** 734: the list is full. */
export const monitorFull: LineReading = ({ params: [, , nicks = ''] }, { people }) => {
  people.monitor?.full(nicks.split(','));
  return people.monitor !== undefined;
};
