import { pino } from 'pino';
import type { Host } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import { talksOf } from '#src/core/dialogues/talks.ts';
import { openCore } from '#src/core/open.ts';
import { openBridgeState } from '#src/gateway/bridge-state.ts';
import { reach } from '#src/gateway/reach.ts';
import { openConnect } from '#src/lib/net.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { keyOf, openStore } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { unheard, webless } from '../host-parts.ts';
import { bridge as definition } from '../invented/pigeon/index.ts';
import { plainTransport } from '../transports.ts';
import { freeLimits } from './core-parts.ts';
import { xmppSide } from './xmpp-side.ts';

export const DOMAIN = 'pigeon.example';
export const ROMEO = 'romeo@a.example' as BareJid;
export const CLIENT = `${ROMEO}/x`;
export const account = accountKey(ROMEO, DOMAIN);
export const VERONA: Place = { kind: 'room', account, id: '~verona' };

/** A core with its store in a folder, and a bridge to a loft. XMPP hears only that Romeo is in the room. */
export async function openHouse(dir: string, settings: object) {
  await using stack = new AsyncDisposableStack();
  const clock = handClock();
  const log = pino({ level: 'silent' });
  const store = stack.use(await openStore({ url: `sqlite:${dir}/store.db`, log, clock }));
  const key = await keyOf(store, `${dir}/isthmus.key`);
  const config = definition.config.parse(settings);
  const stopping = new AbortController();
  const entered = Promise.withResolvers<void>();
  const core = openCore({
    transports: new Map([
      [
        DOMAIN,
        plainTransport({
          domain: DOMAIN,
          mapping: definition.mapping,
          definition,
          settings: config,
          talks: talksOf(definition, config, () => host),
          addresses: definition.addresses(config),
          realms: definition.realms(config),
          host: () => host,
          bridge: () => bridge,
        }),
      ],
    ]),
    access: { register: ['a.example'], admins: [] },
    limits: { ...freeLimits, reconnectMin: 1000, reconnectMax: 1000, dialogueTime: 600_000, dialogues: 2 },
    store,
    aliases: await openAliases({ store, log }),
    key,
    xmpp: xmppSide({
      deliver(event) {
        if (event.kind === 'occupant' || event.kind === 'occupants') entered.resolve();
        return true;
      },
      refuse(_origin, failure) {
        entered.reject(failure);
        return true;
      },
    }),
    clock,
    random: () => 0,
    log,
  });
  const { state, statements } = openBridgeState({ store, transport: DOMAIN, sealKey: key });
  const host: Host = {
    transport: DOMAIN,
    ...core.host,
    listen: unheard.listen,
    emit: (drafts, writes = []) => core.host.emit(drafts, statements(writes)),
    alarm: (name, text) => core.host.alarm(DOMAIN, name, text),
    tellAdmins: (text) => core.host.tellAdmins(DOMAIN, text),
    charge: (charges, account) => core.host.charge(DOMAIN, charges, account),
    state,
    connect: reach(openConnect()),
    ...webless(DOMAIN, reach(openConnect())),
    log,
    clock,
    signal: stopping.signal,
  };
  const bridge = stack.use(await definition.open(config, host));
  stack.defer(async () => {
    await core.stop();
    stopping.abort();
  });
  const resources = stack.move();
  const occupant = (change: 'join' | 'leave') =>
    core.accept(
      {
        place: VERONA,
        from: { kind: 'xmpp', bare: ROMEO, resource: 'x' },
        kind: 'occupant',
        change,
        who: { id: '', nick: 'Romeo', affiliation: 'none', role: 'participant' },
      },
      { stanza: 'presence', from: CLIENT, to: `~verona@${DOMAIN}/Romeo` },
    );
  return {
    core,
    store,
    host,
    key,
    clock,
    /** Resolves once Romeo is in the room, rejects with what he was refused for. */
    join() {
      occupant('join');
      return entered.promise;
    },
    leave: () => occupant('leave'),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
export type House = Awaited<ReturnType<typeof openHouse>>;
