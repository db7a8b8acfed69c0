import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pino from 'pino';
import { bridge as irc } from '#bridges/irc/index.ts';
import { asSent } from '#mappings/degrade.ts';
import type { BridgeState, Host, Outcome, SessionKey, SessionState, Settings } from '#src/bridge.ts';
import { reach } from '#src/gateway/reach.ts';
import { openConnect } from '#src/lib/net.ts';
import type { Draft, Event, EventBody } from '#src/model/event.ts';
import { type AccountKey, accountKey, type BareJid, newEventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { memoryState } from '../../contract/memory-state.ts';
import type { IrcConnection, IrcServer } from '../../fakes/irc-server.ts';
import { type HandClock, handClock } from '../../hand-clock.ts';
import { type Connecting, connecting, unheard, webless } from '../../host-parts.ts';

export const TRANSPORT = 'irc.gw.example';
export const REALM = 'net.example';

export type Rig = {
  readonly bridge: Connecting;
  readonly clock: HandClock;
  readonly drafts: Draft[];
  readonly settled: { readonly id: string; readonly outcome: Outcome }[];
  readonly states: { readonly key: SessionKey; readonly state: SessionState }[];
  readonly logged: string[];
  readonly state: BridgeState;
  /** The ports at which the bridge listens. */
  readonly listening: number[];
  /** What users have set, everywhere, as it is read. */
  readonly chosen: { values: Promise<Settings> };
  /** Resolves once `check` holds; looked at after each thing that the bridge tells. */
  when(check: () => boolean): Promise<void>;
  /** What was told of a place since the last call, without its place, and its texts as XMPP reads them. */
  told(kind: Place['kind']): Draft[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** The IRC bridge over real sockets to a fake server, with a host that writes down what it is told. */
export async function rig(
  server: Pick<IrcServer, 'port'>,
  settings: Record<string, unknown> = {},
  entry: Record<string, unknown> = {},
): Promise<Rig> {
  const clock = handClock();
  const drafts: Draft[] = [];
  const settled: Rig['settled'] = [];
  const states: Rig['states'] = [];
  const logged: string[] = [];
  const listening: number[] = [];
  const chosen: Rig['chosen'] = { values: Promise.resolve({}) };
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const watch of [...watchers]) watch();
  };
  const host: Host = {
    ...unheard,
    transport: TRANSPORT,
    async listen(_endpoint, onSocket) {
      const sockets = createServer(onSocket).listen(0, '127.0.0.1');
      await once(sockets, 'listening');
      const { port } = sockets.address() as AddressInfo;
      listening.push(port);
      return { port, close: async () => void sockets.close() };
    },
    emit(news) {
      drafts.push(...news);
      tell();
    },
    settle(id, outcome) {
      settled.push({ id, outcome });
      tell();
    },
    status(key, state) {
      states.push({ key, state });
      tell();
    },
    charge: async () => async () => undefined,
    state: memoryState(clock).state,
    settings: () => chosen.values,
    connect: reach(openConnect()),
    ...webless(TRANSPORT, reach(openConnect())),
    log: pino({ level: 'debug' }, { write: (line) => void logged.push(line) }),
    clock,
    signal: new AbortController().signal,
  };
  const config = irc.config.parse({
    servers: { [REALM]: { host: '127.0.0.1', port: server.port, tls: false, throttle: 'off', ...entry } },
    ...settings,
  });
  const bridge = connecting(await irc.open(config, host));
  return {
    bridge,
    clock,
    drafts,
    settled,
    states,
    logged,
    listening,
    chosen,
    state: host.state,
    when(check) {
      if (check()) return Promise.resolve();
      return new Promise((done) => {
        const watch = () => {
          if (!check()) return;
          watchers.delete(watch);
          done();
        };
        watchers.add(watch);
      });
    },
    told(kind) {
      const found = drafts.filter((draft) => draft.place.kind === kind);
      for (const draft of found) drafts.splice(drafts.indexOf(draft), 1);
      return found.map((draft) => asSent(draft, irc.mapping.facts));
    },
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
}

export const account = (name: string): AccountKey => accountKey(`${name}@xmpp.example` as BareJid, TRANSPORT);
export const key = (name: string): SessionKey => ({ account: account(name), realm: REALM });
export const shared = (channel: string): Place => ({ kind: 'shared', transport: TRANSPORT, id: `${channel}%${REALM}` });
export const contact = (name: string, nick: string): Place => ({
  kind: 'contact',
  account: account(name),
  id: `${nick}%${REALM}`,
});

/** An event as the core would hand it over. */
export function event<B extends EventBody>(name: string, place: Place, body: B): Event<B> {
  const from = { kind: 'xmpp', bare: `${name}@xmpp.example` as BareJid } as const;
  return { id: newEventId(), at: 0, place, from, live: true, ...body };
}

export const say = (name: string, place: Place, text: string, style: 'plain' | 'action' | 'notice' = 'plain') =>
  event(name, place, { kind: 'message', text, style });

/** Logs an account in and gives both ends. */
export async function login(rig: Rig, server: IrcServer, name: string, nick = name) {
  const opening = rig.bridge.connect(key(name), { nick }, new AbortController().signal);
  const far: IrcConnection = await server.accept();
  const session = await opening;
  return { session, far };
}

/** Logs in and enters a channel of a serving fake. */
export async function enter(rig: Rig, server: IrcServer, name: string, channel = '#c') {
  const both = await login(rig, server, name);
  await join(rig, both, name, channel);
  return both;
}

/** Joins and waits until it is settled. */
export async function join(
  rig: Rig,
  { session, far }: Awaited<ReturnType<typeof login>>,
  name: string,
  channel = '#c',
) {
  const wish = event(name, shared(channel), {
    kind: 'occupant',
    change: 'join',
    who: { id: name, nick: name, affiliation: 'none', role: 'participant' },
  });
  rig.bridge.deliver(wish, session);
  await far.until(/^JOIN /);
  await rig.when(() => rig.settled.some(({ id }) => id === wish.id));
  return rig.settled.find(({ id }) => id === wish.id)?.outcome;
}
