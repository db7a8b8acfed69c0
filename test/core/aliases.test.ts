import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openAliases } from '#src/core/aliases.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openStore } from '#src/store/index.ts';
import { jidOf, splitJid } from '#src/xmpp/stanza/jid.ts';
import { tempFolder } from '../store/folder.ts';
import { view } from '../xmpp/invented.ts';

const log = pino({ level: 'silent' });
const account = accountKey('romeo@a.example' as BareJid, 'gw.example');
const long = `${'@'.repeat(400)}%net`;
const place: Place = { kind: 'contact', account, id: long };

it('finds a long address by the alias in its JID, also after a restart, on its own transport only', async () => {
  using dir = tempFolder();
  const { local } = splitJid(jidOf(long, 'gw.example'));
  const url = `sqlite:${dir.file('s.db')}`;
  {
    await using store = await openStore({ url, log, clock: systemClock });
    const aliases = await openAliases({ store, log });
    expect(aliases.address('gw.example', local)).toBeUndefined();
    aliases.note(place);
    aliases.note({ ...place, id: 'short%net' });
    expect(aliases.address('gw.example', local)).toBe(long);
    await store.unit([]);
  }
  await using store = await openStore({ url, log, clock: systemClock });
  const aliases = await openAliases({ store, log });
  expect(aliases.address('gw.example', local)).toBe(long);
  expect(aliases.address('other.example', local)).toBeUndefined();
  expect(await store.aliases.all()).toHaveLength(1);
  const there = view({ addressOf: (alias) => aliases.address('gw.example', alias) });
  expect(there.target(local)).toMatchObject({ kind: 'contact', id: long });
  expect(() => view().target(local)).toThrow(expect.objectContaining({ code: 'item-not-found' }));
});
