import { pino } from 'pino';
import type { Charge, Credentials, Host, Outcome, SessionKey, SessionState, Settings } from '#src/bridge.ts';
import { reach } from '#src/gateway/reach.ts';
import { openConnect } from '#src/lib/net.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import { type HandClock, handClock } from '../hand-clock.ts';
import { unheard, webless } from '../host-parts.ts';
import { PATIENCE } from '../patience.ts';
import { memoryState } from './memory-state.ts';

/** A host that writes down what it is told. */
export type TestHost = {
  readonly host: Host;
  readonly clock: HandClock;
  readonly drafts: Draft[];
  readonly settled: { readonly id: string; readonly outcome: Outcome }[];
  readonly states: { readonly key: SessionKey; readonly state: SessionState }[];
  /** What is reserved, but for what was given back. */
  readonly charged: { readonly charges: readonly Charge[]; readonly account: AccountKey | undefined }[];
  /** What those who run the gateway were told: each with the name of its alarm, if it is one. */
  readonly alarms: { readonly name: string | undefined; readonly text: string }[];
  /** Whose settings were read, and where. */
  readonly read: { readonly place: Place; readonly account: AccountKey | undefined }[];
  /** What accounts log in with since a bridge has replaced it. */
  readonly replaced: { readonly key: SessionKey; readonly next: Credentials }[];
  /** Whether no more may be spent. */
  readonly budget: { exhausted: boolean };
  /** Resolves with what `look` finds, looked for after each thing that the bridge tells. */
  when<T>(what: string, look: () => T | undefined | false): Promise<T>;
  /** Lets no event become durable until the returned function is called. */
  holdEmits(): () => void;
};

/** What a host offers of the world outside beside connections, and how long it goes on. */
export type Served = Partial<Pick<Host, 'http' | 'media' | 'fetch' | 'listen' | 'admits' | 'signal'>>;

/** `patience` in milliseconds is how long `when` waits before it rejects: as every test when not given. */
export function testHost(transport: string, settings: Settings, served: Served = {}, patience = PATIENCE): TestHost {
  const clock = handClock();
  const memory = memoryState(clock);
  const drafts: Draft[] = [];
  const settled: TestHost['settled'] = [];
  const states: TestHost['states'] = [];
  const charged: TestHost['charged'] = [];
  const alarms: TestHost['alarms'] = [];
  const read: TestHost['read'] = [];
  const replaced: TestHost['replaced'] = [];
  const budget = { exhausted: false };
  const watchers = new Set<() => void>();
  let durable: Promise<void> | undefined;
  const tell = () => {
    for (const watch of [...watchers]) watch();
  };
  const host: Host = {
    listen: unheard.listen,
    admits: unheard.admits,
    language: unheard.language,
    gap: unheard.gap,
    transport,
    emit(news, writes = []) {
      drafts.push(...news);
      tell();
      const commit = () => {
        memory.apply(writes);
        return undefined;
      };
      // What a bridge keeps for itself is kept at once, by `emit` as by `state`.
      return durable && news.length > 0 ? durable.then(commit) : commit();
    },
    settle(id, outcome) {
      settled.push({ id, outcome });
      tell();
      return durable;
    },
    status(key, state) {
      states.push({ key, state });
      tell();
    },
    async credentials(key, _expected, next) {
      replaced.push({ key, next });
      tell();
      return true;
    },
    alarm(name, text) {
      alarms.push({ name, text: wordsIn(text, 'en') });
      tell();
    },
    tellAdmins(text) {
      alarms.push({ name: undefined, text: wordsIn(text, 'en') });
      tell();
    },
    async charge(charges, account) {
      if (budget.exhausted) throw new Failure('budget-exhausted');
      const reserved: TestHost['charged'][number] = { charges, account };
      charged.push(reserved);
      tell();
      return async () => void charged.splice(charged.indexOf(reserved), 1);
    },
    state: memory.state,
    async settings(place, account) {
      read.push({ place, account });
      // Whoever waits for this sees what came of it.
      setImmediate(tell);
      return settings;
    },
    connect: reach(openConnect()),
    ...webless(transport, reach(openConnect())),
    log: pino({ level: 'silent' }),
    clock,
    signal: new AbortController().signal,
    ...served,
  };
  return {
    host,
    clock,
    drafts,
    settled,
    states,
    charged,
    alarms,
    read,
    replaced,
    budget,
    when: (what, look) =>
      new Promise((done, fail) => {
        const late = setTimeout(() => {
          watchers.delete(watch);
          fail(new Error(`waited in vain: ${what}`));
        }, patience);
        const watch = () => {
          const found = look();
          if (found === undefined || found === false) return;
          clearTimeout(late);
          watchers.delete(watch);
          done(found);
        };
        watchers.add(watch);
        watch();
      }),
    holdEmits() {
      const held = Promise.withResolvers<void>();
      durable = held.promise;
      return () => {
        durable = undefined;
        held.resolve();
      };
    },
  };
}
