import { expect } from 'vitest';
import type { Bridge, Outcome, Session, SessionKey, Settings } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Draft, Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid, newEventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { PATIENCE } from '../patience.ts';
import { type Served, type TestHost, testHost } from './host.ts';
import type { Contract, Wire } from './network.ts';

export const NAME = 'romeo';
const TRANSPORT = 'net.gw.example';

/** A real bridge at a real server, and what every check needs of them. */
export type Rig = TestHost & {
  readonly contract: Contract;
  readonly wire: Wire;
  readonly bridge: Bridge;
  readonly facts: Capabilities;
  readonly places: Readonly<Record<'room' | 'contact' | 'realm', Place>>;
  /** Where the person says what it says. */
  readonly home: Place;
  key(name?: string): SessionKey;
  connect(name?: string, signal?: AbortSignal): Promise<Session>;
  /** Connects, and enters the room. */
  enter(name?: string): Promise<Session>;
  /** Hands an event over as the core does, and gives its id. What it throws is written down as its outcome. */
  deliver(body: EventBody, session: Session, place?: Place): Promise<string>;
  say(text: string, session: Session, place?: Place): Promise<string>;
  /** Everything final that was told of an event, in order. */
  outcomes(id: string): readonly Outcome[];
  /** The first of these, once there is one. */
  outcome(id: string): Promise<Outcome>;
  /** Resolves once the bridge has told of a message. */
  told(text: string): Promise<Draft>;
  /** Closes the bridge: everything is settled once, and no line is left. */
  close(): Promise<void>;
};

/** `settings` is what the users have set. */
export type RigOptions = { readonly slow?: boolean; readonly settings?: Settings; readonly served?: Served };

/** Runs a check in a fresh world, and makes sure that every event in it ended exactly once. */
export async function withRig(
  contract: Contract,
  check: (rig: Rig) => Promise<void>,
  options: RigOptions = {},
): Promise<void> {
  await using wire = await contract.network.open();
  const rig = await openRig(contract, wire, options);
  try {
    await check(rig);
    await rig.close();
  } finally {
    await rig.bridge[Symbol.asyncDispose]();
  }
}

/** A bridge of its own at a server that is there already. */
export async function openRig(
  contract: Contract,
  wire: Wire,
  { slow = false, settings = wire.set ?? {}, served }: RigOptions = {},
): Promise<Rig> {
  const { definition, patience = PATIENCE } = contract;
  const parts = testHost(TRANSPORT, settings, { ...wire.served?.(), ...served }, patience);
  const config = definition.config.parse(wire.settings({ slow }));
  const bridge = await definition.open(config, parts.host);
  const { facts } = definition.mapping;
  const delivered = new Map<string, Outcome[]>();
  const account = (name: string): AccountKey => accountKey(`${name}@xmpp.example` as BareJid, TRANSPORT);
  const key = (name = NAME): SessionKey => ({ account: account(name), realm: wire.realm });
  const places = (name: string): Rig['places'] => ({
    room:
      facts.rooms === 'room'
        ? { kind: 'room', account: account(name), id: wire.room }
        : { kind: 'shared', transport: TRANSPORT, id: wire.room },
    contact: { kind: 'contact', account: account(name), id: wire.person },
    realm: { kind: 'realm', account: account(name), realm: wire.realm },
  });

  // Where there are no rooms, what is said is said to the person alone.
  const entered = facts.rooms !== 'none' && !contract.network.opened;
  const home = (name = NAME): Place => places(name)[entered ? 'room' : 'contact'];

  const rig: Rig = {
    ...parts,
    contract,
    wire,
    bridge,
    facts,
    key,
    places: places(NAME),
    home: home(),
    async connect(name = NAME, signal = new AbortController().signal) {
      const credentials = await wire.credentials(name);
      const wish = { nick: name, ...(credentials && { credentials }) };
      return bridge.connect?.(key(name), wish, signal) ?? { ...key(name), close: async () => undefined };
    },
    async enter(name = NAME) {
      const session = await rig.connect(name);
      if (!entered) return session;
      const who = { id: '', nick: name, affiliation: 'none', role: 'participant', account: account(name) } as const;
      const join = await rig.deliver({ kind: 'occupant', change: 'join', who }, session, places(name).room);
      expect(await rig.outcome(join)).toMatchObject({ state: 'taken' });
      return session;
    },
    async deliver(body, session, place = home(session.account.split('@')[0])) {
      const bare = session.account.split(' ')[0] as BareJid;
      const event: Event = { id: newEventId(), at: 0, place, from: { kind: 'xmpp', bare }, live: true, ...body };
      const outcomes: Outcome[] = [];
      delivered.set(event.id, outcomes);
      try {
        const result = await bridge.deliver(event, session);
        if (result.state === 'taken') outcomes.push(result);
      } catch (error) {
        expect(error, 'deliver throws failures only').toBeInstanceOf(Failure);
        if (error instanceof Failure) outcomes.push(error);
      }
      return event.id;
    },
    say: (text, session, place) => rig.deliver({ kind: 'message', text, style: 'plain' }, session, place),
    outcomes: (id) => [
      ...(delivered.get(id) ?? []),
      ...parts.settled.filter((one) => one.id === id).flatMap(({ outcome }) => (isFinal(outcome) ? outcome : [])),
    ],
    outcome: (id) => parts.when(`the outcome of ${id}`, () => rig.outcomes(id)[0]),
    told: (text) =>
      parts.when(`the message ${text}`, () => parts.drafts.find((one) => one.kind === 'message' && one.text === text)),
    async close() {
      await bridge[Symbol.asyncDispose]();
      await inTime(wire.idle(), 'no line is left open', patience);
      const counts = [...delivered.keys()].map((id) => [id, rig.outcomes(id).length]);
      expect(counts, 'every event ends exactly once').toEqual(counts.map(([id]) => [id, 1]));
      const budgets = definition.budgets?.(config).map(({ name }) => name) ?? [];
      const spent = parts.charged.flatMap(({ charges }) => charges.map(({ budget }) => budget));
      expect(budgets, 'what is spent has a budget').toEqual(expect.arrayContaining(spent));
    },
  };
  return rig;
}

const isFinal = (outcome: Outcome): boolean => outcome instanceof Failure || outcome.state === 'taken';

/** Rejects when something does not happen. */
export function inTime<T>(work: Promise<T>, what: string, patience = PATIENCE): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.reject(new Error(`waited in vain: ${what}`)), patience);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** What a promise rejects with, which has to be a failure. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}
