import { describe, expect, it } from 'vitest';
import { openAccounts } from '#src/core/accounts/accounts.ts';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { tempFolder } from '../../store/folder.ts';

const DAY = 86_400_000;
const user = 'romeo@a.example' as BareJid;
const key = accountKey(user, 'net.example');
const log = openLog('silent');

describe('the accounts', () => {
  it('are made on the first use, and what was registered stays so', async () => {
    using dir = tempFolder();
    const clock = handClock();
    await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
    const open = () => openAccounts({ access: { register: ['*'], admins: [] }, store, clock, log });
    const created = clock.now();
    const accounts = open();
    accounts.used(key);
    await accounts.flush();
    const account = { key, user, transport: 'net.example', registered: false, created, seen: created };
    expect(await store.accounts.ofUser(user)).toEqual([account]);
    await store.unit([store.accounts.register(key, true)]);
    clock.advance(DAY);
    const later = open();
    later.used(key);
    await later.flush();
    expect(await store.accounts.get(key)).toEqual({ ...account, registered: true, seen: created + DAY });
  });

  it('are written once a day', async () => {
    using dir = tempFolder();
    const clock = handClock();
    await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
    let units = 0;
    const counting = {
      ...store,
      unit(statements: Parameters<typeof store.unit>[0]) {
        units++;
        return store.unit(statements);
      },
    };
    const accounts = openAccounts({ access: { register: ['*'], admins: [] }, store: counting, clock, log });
    for (const wait of [0, 0, DAY, 0]) {
      clock.advance(wait);
      accounts.used(key);
      await accounts.flush();
    }
    expect(units).toBe(2);
  });
});
