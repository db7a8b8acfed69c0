import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Show } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { utf8Length } from '#src/model/text.ts';

/** People that one connection watches at most, and milliseconds between two rounds of ISON. */
const LIMIT = 1000;
const ROUND = 60_000;
/** Bytes of nicks in one line. */
const NAMES = 400;

/** Why somebody is watched: as a contact of the account, or because we want that nick ourselves. */
export type MonitorReason = 'contact' | 'nick';

export type PresenceChange = { readonly nick: string; readonly show: Show; readonly status?: string };

type Person = {
  nick: string;
  readonly why: Set<MonitorReason>;
  show: Show | undefined;
  status: string | undefined;
  monitored: boolean;
};

export type MonitorOptions = {
  readonly view: ServerView;
  readonly caps: () => ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** Queues a line; false where it cannot be taken now. */
  readonly say: (line: string) => boolean;
  /** A contact's state has changed. */
  readonly tell: (seen: PresenceChange) => void;
  /** A nick that we want has become free. */
  readonly free: (nick: string) => void;
};

/** Whether people are there: by MONITOR where the server has it, else by asking with ISON in rounds. */
export type Monitor = {
  /** Throws `Failure('queue-full')`. What is known already is told at once. */
  add(nick: string, why: MonitorReason): void;
  drop(nick: string, why: MonitorReason): void;
  has(nick: string, why: MonitorReason): boolean;
  /** Somebody has come or gone before our eyes. */
  passed(nick: string, there: boolean): void;
  spoke(nick: string): void;
  /** Somebody is away, or back where there is no text. */
  away(nick: string, text: string | undefined): void;
  /** MONITOR tells who is there or not. */
  listed(nicks: readonly string[], there: boolean): void;
  /** MONITOR takes no more: these are asked for in rounds. */
  full(nicks: readonly string[]): void;
  /** The nicks of an ISON that are there; false if nothing was asked. */
  answered(nicks: readonly string[]): boolean;
  /** The line is gone: nobody is seen any more. */
  stop(): void;
};

export function openMonitor({ view, caps, clock, say, tell, free }: MonitorOptions): Monitor {
  const people = new Map<string, Person>();
  const fresh = new Set<Person>();
  let monitored = 0;
  let rest: string[][] = [];
  let asked: readonly string[] | undefined;
  let cancel: (() => void) | undefined;
  let open = true;

  // Many come at once after a login: they share lines.
  function begin(): void {
    if (!open) return;
    const room = Math.max((view.isupport.monitor ?? 0) - monitored, 0);
    const batch = [...fresh].slice(0, room);
    fresh.clear();
    for (const names of inLines(
      batch.map(({ nick }) => nick),
      ',',
    )) {
      if (!say(makeLine('MONITOR', ['+', names.join(',')]))) break;
      for (const name of names) mark(name, true);
    }
    if (cancel === undefined) round();
  }

  function mark(nick: string, on: boolean): void {
    const person = people.get(view.fold(nick));
    if (!person || person.monitored === on) return;
    person.monitored = on;
    monitored += on ? 1 : -1;
  }

  function round(): void {
    const names = [...people.values()].filter((person) => !person.monitored).map(({ nick }) => nick);
    rest = inLines(names, ' ');
    asked = undefined;
    cancel = names.length === 0 ? undefined : clock.after(ROUND, round);
    ask();
  }

  // One line at a time: a long list must not keep what people say waiting behind it.
  function ask(): void {
    const names = rest.shift();
    if (names !== undefined && say(makeLine('ISON', [], names.join(' ')))) asked = names;
  }

  function found(nick: string, there: boolean): void {
    const person = people.get(view.fold(nick));
    if (!person) return;
    if (!there) return change(person, 'offline');
    person.nick = nick;
    if (person.show === undefined || person.show === 'offline') change(person, 'available');
  }

  function change(person: Person, show: Show, status?: string): void {
    if (person.show === show && person.status === status) return;
    person.show = show;
    person.status = status;
    if (person.why.has('contact')) told(person);
    if (show === 'offline' && person.why.has('nick')) free(person.nick);
  }

  function told({ nick, show, status }: Person): void {
    if (show !== undefined) tell({ nick, show, ...(status !== undefined && { status }) });
  }

  return {
    add(nick, why) {
      if (!isName(nick)) throw new Failure('jid-malformed');
      const known = people.get(view.fold(nick));
      if (!known && people.size >= LIMIT) throw new Failure('queue-full');
      const person = known ?? { nick, why: new Set(), show: undefined, status: undefined, monitored: false };
      person.why.add(why);
      people.set(view.fold(nick), person);
      if (known && why === 'contact') return told(known);
      if (known) return;
      fresh.add(person);
      if (fresh.size === 1) queueMicrotask(begin);
    },
    drop(nick, why) {
      const person = people.get(view.fold(nick));
      person?.why.delete(why);
      if (!person || person.why.size > 0) return;
      if (person.monitored) say(makeLine('MONITOR', ['-', person.nick]));
      mark(nick, false);
      fresh.delete(person);
      people.delete(view.fold(nick));
    },
    has: (nick, why) => people.get(view.fold(nick))?.why.has(why) ?? false,
    passed(nick, there) {
      if (people.size > 0 && !isSelf(nick, view)) found(nick, there);
    },
    spoke(nick) {
      const person = people.get(view.fold(nick));
      // Where nobody tells that they are back, a word of theirs does.
      if (person?.show === 'away' && !caps().has('away-notify')) change(person, 'available');
      if (!isSelf(nick, view)) found(nick, true);
    },
    away(nick, text) {
      const person = people.get(view.fold(nick));
      if (!person) return;
      const status = cleaned(text ?? '');
      if (text === undefined) change(person, 'available');
      else change(person, 'away', status === '' ? undefined : status);
    },
    listed(nicks, there) {
      for (const nick of nicks) if (isName(nick)) found(nick, there);
    },
    full(nicks) {
      for (const nick of nicks) if (isName(nick)) mark(nick, false);
      if (cancel === undefined) round();
    },
    // RFC 2812 §4.9: those of the list that are there.
    answered(nicks) {
      if (asked === undefined) return false;
      const there = new Set(nicks.map((name) => view.fold(name)));
      for (const nick of asked) found(nick, there.has(view.fold(nick)));
      asked = undefined;
      ask();
      return true;
    },
    stop() {
      open = false;
      cancel?.();
      for (const person of people.values()) {
        if (person.why.has('contact') && person.show !== undefined && person.show !== 'offline')
          told({ ...person, show: 'offline', status: undefined });
      }
      people.clear();
    },
  };
}

/** Names in lists that fit a line each. */
function inLines(names: readonly string[], separator: ',' | ' '): string[][] {
  const lines: string[][] = [];
  let length = NAMES;
  for (const name of names) {
    length += utf8Length(name) + separator.length;
    const last = lines.at(-1);
    if (last && length <= NAMES) last.push(name);
    else {
      lines.push([name]);
      length = utf8Length(name);
    }
  }
  return lines;
}
