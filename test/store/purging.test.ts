import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid, type EventId, type ForeignId } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { keyOf, openPurging, openStore, removal, type Store } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { folder } from '../process/cli/isthmus.ts';

const MARK = 'heliotrope';
const DOMAIN = 'irc.example';
const romeo = accountKey(`${MARK}@a.example` as BareJid, DOMAIN);
const juliet = accountKey('juliet@a.example' as BareJid, DOMAIN);
const VERONA = `shared ${DOMAIN} #verona%net`;

/** The files of a folder in which the mark stands in plain text. */
const marked = (dir: string): string[] =>
  readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(MARK));

const clock = handClock();
const log = openLog('silent');
const open = (dir: string) => openStore({ url: `sqlite:${join(dir, 'store.db')}`, log, clock });
const purgingOf = (store: Store) => openPurging({ store, clock, log, flush: async () => undefined });

/** Fills every table in which something of an account may stand; Juliet has seen the newest 10 of 1200 lines. */
async function fill(store: Store, dir: string): Promise<void> {
  const key = await keyOf(store, join(dir, 'isthmus.key'));
  const now = clock.now();
  const row = { place: VERONA, at: now, fromId: MARK, fromName: MARK, kind: 'message', body: `{"text":"${MARK}"}` };
  const ids = Array.from({ length: 1200 }, () => store.archive.nextId());
  const rows = ids.map((id) => ({ ...row, id, event: `e${id}` as EventId, xmpp: null, foreign: null, about: null }));
  const flags = { from: true, to: true, pendingIn: false, pendingOut: false, owed: [] };
  await store.unit([
    store.accounts.put({
      key: romeo,
      user: `${MARK}@a.example` as BareJid,
      transport: DOMAIN,
      registered: true,
      created: now,
      seen: now,
    }),
    store.credentials.put(key, { account: romeo, realm: 'net', name: 'password' }, new Sealed(MARK)),
    store.settings.put({ account: romeo, scope: 'account', subject: '' }, { nick: MARK }),
    store.contacts.put({ account: romeo, id: 'bob%net', name: MARK, ...flags, owed: [] }),
    store.occupancy.enter({
      account: romeo,
      place: VERONA,
      full: `${MARK}@a.example/x`,
      nick: 'R',
      joined: now,
      address: null,
    }),
    store.sessions.put({ account: romeo, realm: 'net', nick: MARK }),
    store.bridgeState.put({ transport: DOMAIN, account: romeo, key: MARK }, new TextEncoder().encode(MARK)),
    store.visibility.open(romeo, VERONA, ids[0] ?? 0),
    ...store.archive.append(rows),
    ...rows.flatMap(({ event }) =>
      store.links.add({
        event,
        place: VERONA,
        at: now,
        author: `xmpp:${MARK}@a.example`,
        side: 'foreign',
        ids: [`$${event}` as ForeignId],
      }),
    ),
  ]);
}

it('leaves nothing of an account in the files', async () => {
  using dir = folder();
  await using store = await open(dir.path);
  await fill(store, dir.path);
  expect(marked(dir.path).length).toBeGreaterThan(0);
  await store.unit(removal(store, { account: romeo, since: clock.now() }));
  const purging = purgingOf(store);
  purging.start(romeo);
  await purging.idle();
  expect(marked(dir.path)).toEqual([]);
  expect((await store.archive.page({ place: VERONA, max: 1 })).count).toBe(0);
});

it('leaves to others what they were there to see', async () => {
  using dir = folder();
  await using store = await open(dir.path);
  await fill(store, dir.path);
  const { rows } = await store.archive.page({ place: VERONA, max: 10, newest: true });
  await store.unit([
    store.visibility.open(juliet, VERONA, rows[0]?.id ?? 0),
    ...removal(store, { account: romeo, since: clock.now() }),
  ]);
  const purging = purgingOf(store);
  purging.start(romeo);
  await purging.idle();
  expect((await store.archive.page({ place: VERONA, max: 1 })).count).toBe(10);
});

it('is out of reach at once, and goes on at the next start after a stop', async () => {
  using dir = folder();
  {
    await using store = await open(dir.path);
    await fill(store, dir.path);
    await store.unit(removal(store, { account: romeo, since: clock.now() }));
    expect(await store.accounts.get(romeo)).toBeUndefined();
    expect((await store.archive.page({ place: VERONA, account: romeo, max: 1 })).count).toBe(0);
    const purging = purgingOf(store);
    purging.start(romeo);
    await purging.stop();
    expect((await store.archive.page({ place: VERONA, max: 1 })).count).toBeGreaterThan(0);
  }
  await using store = await open(dir.path);
  const purging = purgingOf(store);
  purging.resume();
  await purging.idle();
  expect(await store.purges.all()).toEqual([]);
  expect(marked(dir.path)).toEqual([]);
});
