import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { irc as mapping } from '#mappings/irc.ts';
import type { Bridge, Session } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Draft } from '#src/model/event.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { freeLimits } from '../test/core/core-parts.ts';
import { xmppSide } from '../test/core/xmpp-side.ts';
import { plainTransport } from '../test/transports.ts';
import { DOMAIN, REALM, roomJid, USERS, userJid } from './load/world.ts';

/** A core between two ends that do nothing, with one user in one room. */
export type BareCore = AsyncDisposable & { accept(draft: Draft): void; emit(drafts: readonly Draft[]): void };

const session: Session = {
  account: `u0@${USERS} ${DOMAIN}` as Session['account'],
  realm: REALM,
  close: async () => undefined,
};

/** A network whose server takes everything at once. */
const bridge: Bridge = {
  connect: async () => session,
  deliver: () => ({ ids: [], state: 'taken' }),
  ask: () => Promise.reject(new Error('nobody asks')),
  pause: () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

const room: Place = { kind: 'shared', transport: DOMAIN, id: `#c0%${REALM}` };

/** Opens it; `delivered` is called for every event that reaches the XMPP side. */
export async function openBareCore(addresses: Addresses, delivered: () => void): Promise<BareCore> {
  const dir = mkdtempSync(join(tmpdir(), 'isthmus-budget-'));
  const log = openLog('silent');
  const store = await openStore({ url: `sqlite:${join(dir, 'store.db')}`, log, clock: systemClock });
  const core = openCore({
    transports: new Map([
      [
        DOMAIN,
        plainTransport({
          domain: DOMAIN,
          mapping,
          addresses,
          realms: [REALM],
          history: { record: true, replay: 0 },
          bridge: () => bridge,
        }),
      ],
    ]),
    access: { register: [USERS], admins: [] },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver() {
        delivered();
        return true;
      },
    }),
    clock: systemClock,
    random: Math.random,
    log,
  });
  const origin: Origin = { stanza: 'message', from: userJid(0), to: roomJid('#c0'), type: 'groupchat' };
  const bare = `u0@${USERS}` as BareJid;
  core.accept(
    {
      kind: 'occupant',
      change: 'join',
      who: { id: bare, nick: 'u0', affiliation: 'none', role: 'participant' },
      place: room,
      from: { kind: 'xmpp', bare, resource: 'phone' },
    },
    origin,
  );
  // The session is there a few microtasks later, and the past has been read a little after that.
  while (core.rooms.nickOf(room, userJid(0)) === undefined) await new Promise((done) => setImmediate(done));
  return {
    accept: (draft) => core.accept(draft, origin),
    emit: core.host.emit,
    async [Symbol.asyncDispose]() {
      await core.stop();
      await store[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true });
    },
  };
}
