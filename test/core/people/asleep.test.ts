import { expect, it } from 'vitest';
import type { Bridge } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { pigeon } from '../../invented/mapping.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { plainTransport } from '../../transports.ts';
import { addresses } from '../../xmpp/invented.ts';
import { freeLimits } from '../core-parts.ts';
import { xmppSide } from '../xmpp-side.ts';

const DOMAIN = 'net.example';
const romeo = 'romeo@a.example' as BareJid;
const client = `${romeo}/x`;
const account = accountKey(romeo, DOMAIN);
const gateway: Place = { kind: 'contact', account, id: '' };
const juliet = { kind: 'contact', account, id: 'juliet%net' } as const;
const log = openLog('silent');

/** A core in which Romeo can register by his name. How Juliet is is told to `shown`; `leave` lets his line close that was ended. */
async function openTown() {
  await using stack = new AsyncDisposableStack();
  const clock = handClock();
  const store = stack.use(await openStore({ url: `sqlite:${stack.use(tempFolder()).file('s.db')}`, log, clock }));
  const left = Promise.withResolvers<void>();
  const shown: string[] = [];
  let lines = 0;
  const bridge: Bridge = {
    connect: async (key) => {
      lines++;
      return { ...key, close: () => left.promise };
    },
    deliver: () => ({ ids: [], state: 'taken' }),
    ask: () => Promise.reject(new Error('nobody asks')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const login = {
    ...{ name: 'Name', oneForm: true, guests: false },
    async *start() {
      const field = { name: 'name', label: 'Name', type: 'text', required: true } as const;
      const { name: [name = ''] = [] } = yield { kind: 'form', form: { fields: [field] } } as const;
      return { name: new Sealed(name) };
    },
  };
  const core = openCore({
    transports: new Map([
      [
        DOMAIN,
        plainTransport({
          ...{ domain: DOMAIN, mapping: { ...pigeon, facts: { ...pigeon.facts, durability: {} } }, addresses },
          ...{ realms: ['net'], bridge: () => bridge, talks: { logins: [login], commands: [] } },
        }),
      ],
    ]),
    access: { register: ['*'], admins: [] },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver(event) {
        if (event.kind === 'presence' && event.place.kind === 'contact' && event.place.id === juliet.id)
          shown.push(event.show);
        return true;
      },
    }),
    ...{ clock, random: () => 0, log },
  });
  await core.restore();
  await core.start();
  stack.defer(() => core.stop());
  const resources = stack.move();
  const say = (
    what: { kind: 'contact'; action: 'subscribed' | 'unsubscribed' } | { kind: 'presence'; show: 'available' },
  ) =>
    core.accept(
      { ...what, place: gateway, from: { kind: 'xmpp', bare: romeo } },
      { stanza: 'presence', from: client, to: DOMAIN },
    );
  return {
    core,
    store,
    shown,
    say,
    leave: left.resolve,
    lines: () => lines,
    /** All that was to be done for Romeo has been done. */
    settled: (): Promise<unknown> => core.host.admits({ account, contact: 'nobody%net' }),
    async register() {
      const who = { owner: client, user: romeo };
      (await core.registration.register({ transport: DOMAIN }, who, { name: ['romeo'] }))();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

it('whoever registers again before their line is closed has their contacts back, and keeps them', async () => {
  await using town = await openTown();
  const { core, store, say } = town;
  const both = { from: true, to: true, pendingIn: false, pendingOut: false };
  await town.register();
  await store.unit([store.contacts.put({ account, id: juliet.id, name: null, ...both, owed: [] })]);
  say({ kind: 'contact', action: 'subscribed' });
  say({ kind: 'presence', show: 'available' });
  await untilTrue(() => town.lines() === 1);
  // As a server does for an account that it removes, or a user by mistake.
  say({ kind: 'contact', action: 'unsubscribed' });
  await town.settled();
  await town.register();
  town.leave();
  await untilTrue(() => town.lines() === 2);
  await town.settled();
  town.shown.length = 0;
  await core.host.emit([{ kind: 'presence', show: 'dnd', place: juliet, from: { kind: 'network', id: juliet.id } }]);
  await town.settled();
  expect(town.shown).toEqual(['dnd']);
});
