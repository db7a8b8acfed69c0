import { describe, expect, it } from 'vitest';
import type { Bridge, SessionKey } from '#src/bridge.ts';
import { openSessions } from '#src/core/sessions/sessions.ts';
import { openLog } from '#src/lib/log.ts';
import { limitTime, unlimited } from '#src/lib/time/time-limit.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { handClock } from '../../hand-clock.ts';

const DOMAIN = 'irc.example';
const keyOf = (user: string): SessionKey => ({
  account: accountKey(`${user}@a.example` as BareJid, DOMAIN),
  realm: 'net',
});
const romeo = keyOf('romeo');
const came = (user: string): string[] => [`${user} comes`, `${user} online`];
const gone = new Failure('not-registered');
const lost = { kind: 'lost', failure: new Failure('remote-server-timeout') } as const;

/** Sessions on a network that takes everybody, unless it is told to refuse. */
function openTown({ pace = 5000, stays = false, wanted = false, connectless = false, strict = false }) {
  const clock = handClock();
  const told: string[] = [];
  const network: { refusal: Failure | undefined; stuck: boolean; breaks: boolean; held: Promise<void> | undefined } = {
    ...{ refusal: undefined, stuck: false, breaks: false, held: undefined },
  };
  const nameOf = ({ account }: SessionKey): string => account.slice(0, account.indexOf('@'));
  const bridge = {
    async connect(key, { nick }) {
      told.push(`${nameOf(key)} comes${nick === undefined ? '' : ` as ${nick}`}`);
      if (network.refusal) throw network.refusal;
      if (network.breaks) sessions.status(key, lost);
      return {
        ...key,
        close: async (why, words = '') => {
          told.push(`${nameOf(key)} goes: ${why} ${words}`.trim());
          if (network.stuck) await new Promise(() => undefined);
          await network.held;
        },
      };
    },
    ...(strict && {
      connectPace: () => ({
        waits: (account, ms, throttled) =>
          told.push(`${nameOf({ account, realm: '' })} waits ${ms}${throttled ? ', left alone' : ''}`),
      }),
    }),
  } as Pick<Bridge, 'connect' | 'connectPace'> as Bridge;
  const sessions = openSessions({
    identities: { of: () => (connectless ? 'operator' : 'own') },
    clock,
    log: openLog('silent'),
    backoff: (attempt) => 5000 * 2 ** attempt,
    pace,
    bridge: () => bridge,
    credentials: async () => undefined,
    staysConnected: async () => stays,
    lasts: (key, nick) => told.push(`${nameOf(key)} ${nick === false ? 'ends' : 'lasts'}`),
  });
  sessions.listen({
    online: (key) => void told.push(`${nameOf(key)} online`),
    changed: () => undefined,
    released: (key) => void told.push(`${nameOf(key)} released`),
    refused: (key) => void told.push(`${nameOf(key)} refused`),
    abandoned: (key) => void told.push(`${nameOf(key)} abandoned`),
  });
  if (wanted) for (const user of ['romeo', 'juliet', 'tybalt']) sessions.want(keyOf(user), 'room');
  return {
    clock,
    sessions,
    network,
    /** What has happened since the last time, once nothing is under way. */
    async news(): Promise<string[]> {
      // Nothing here waits for more than promises.
      await new Promise((resolve) => setImmediate(resolve));
      return told.splice(0);
    },
  };
}

type Town = ReturnType<typeof openTown>;

it('reconnects a lost session that nothing but its owner wants, and notes that it lasts', async () => {
  const { sessions, clock, news } = openTown({ stays: true });
  sessions.need(romeo, 'Romeo');
  expect(await news()).toEqual(['romeo lasts', 'romeo comes as Romeo', 'romeo online']);
  sessions.release(romeo);
  sessions.status(romeo, lost);
  expect(await news()).toEqual([]);
  clock.advance(5000);
  expect(await news()).toEqual(['romeo lasts', 'romeo comes as Romeo', 'romeo online']);
  sessions.stay(romeo.account, false);
  expect(await news()).toEqual(['romeo ends', 'romeo goes: left']);
});

it('makes a session again that was lost before it was here', async () => {
  const { sessions, clock, network, news } = openTown({ stays: true });
  network.breaks = true;
  sessions.need(romeo);
  expect(await news()).toEqual(['romeo lasts', 'romeo comes', 'romeo online']);
  expect([sessions.state(romeo).name, sessions.get(romeo)]).toEqual(['waiting', undefined]);
  network.breaks = false;
  clock.advance(5000);
  expect(await news()).toEqual(['romeo lasts', 'romeo comes', 'romeo online']);
  expect(sessions.state(romeo).name).toBe('online');
});

it('doubles the wait while the network throttles, and gives up what is final', async () => {
  const { sessions, clock, network, news } = openTown({ stays: true });
  sessions.need(romeo);
  await news();
  network.refusal = new Failure('too-fast');
  sessions.status(romeo, lost);
  for (const wait of [5000, 10_000, 20_000]) {
    clock.advance(wait - 1);
    expect(await news()).toEqual([]);
    clock.advance(1);
    expect(await news()).toEqual(['romeo lasts', 'romeo comes']);
  }
  network.refusal = new Failure('banned');
  clock.advance(40_000);
  expect(await news()).toEqual(['romeo lasts', 'romeo comes', 'romeo ends', 'romeo abandoned']);
});

it('makes expected sessions one after the other', async () => {
  const { sessions, clock, news } = openTown({ wanted: true });
  const [juliet, tybalt] = [keyOf('juliet'), keyOf('tybalt')];
  for (const key of [romeo, juliet, tybalt]) sessions.expect(key, undefined, false);
  expect(await news()).toEqual([]);
  sessions.resume(DOMAIN, () => true);
  expect(await news()).toEqual(['romeo comes', 'romeo online']);
  clock.advance(5000);
  expect(await news()).toEqual(['juliet comes', 'juliet online']);
  clock.advance(4999);
  expect(await news()).toEqual([]);
  clock.advance(1);
  expect(await news()).toEqual(['tybalt comes', 'tybalt online']);
});

describe('a network that wants everybody one after the other', () => {
  it('makes a hundred who ask for it wait in their order, and tells each for how long', async () => {
    const { clock, sessions, news } = openTown({ strict: true });
    const users = Array.from({ length: 100 }, (_, n) => `user${n}`);
    for (const user of users) sessions.need(keyOf(user));
    expect(await news()).toEqual([
      ...users.slice(1).map((user, n) => `${user} waits ${5000 * (n + 1)}`),
      ...came('user0'),
    ]);
    for (const user of users.slice(1)) {
      clock.advance(4999);
      expect(await news()).toEqual([]);
      clock.advance(1);
      expect(await news()).toEqual(came(user));
    }
  });

  it('has nobody wait for another network, and nobody who has gone away', async () => {
    const { clock, sessions, news } = openTown({ strict: true });
    for (const realm of ['net', 'oft', 'tor']) sessions.need({ ...romeo, realm });
    expect(await news()).toEqual([...Array(3).fill('romeo comes'), ...Array(3).fill('romeo online')]);
    for (const user of ['juliet', 'paris', 'tybalt']) sessions.need(keyOf(user));
    sessions.release(keyOf('paris'));
    await news();
    clock.advance(5000);
    expect(await news()).toEqual(came('juliet'));
    clock.advance(5000);
    expect(await news()).toEqual(came('tybalt'));
    clock.advance(60_000);
    expect(await news()).toEqual([]);
  });

  it('lets who asks go before whom nobody waits for', async () => {
    const { clock, sessions, news } = openTown({ strict: true, wanted: true });
    const [juliet, tybalt] = [keyOf('juliet'), keyOf('tybalt')];
    for (const key of [romeo, juliet, tybalt]) sessions.expect(key, undefined, false);
    sessions.resume(DOMAIN, () => true);
    expect(await news()).toEqual(came('romeo'));
    expect(sessions.state(tybalt)).toMatchObject({ name: 'connecting', waits: true });
    sessions.need(keyOf('paris'));
    sessions.need(tybalt);
    expect(await news()).toEqual(['paris waits 5000', 'tybalt waits 10000']);
    clock.advance(15_000);
    expect((await news()).filter((what) => what.includes('comes'))).toEqual(
      ['paris', 'tybalt', 'juliet'].map((user) => `${user} comes`),
    );
  });

  it('is left alone by all for twice as long each time that it asks for that, until it lets somebody in', async () => {
    const { clock, sessions, network, news } = openTown({ strict: true, wanted: true });
    network.refusal = new Failure('too-fast', { retryAfter: 15_000 });
    sessions.need(romeo);
    expect(await news()).toEqual(['romeo comes', 'romeo waits 15000, left alone']);
    sessions.need(keyOf('juliet'));
    expect(await news()).toEqual(['juliet waits 20000, left alone']);
    expect(sessions.state(romeo)).not.toHaveProperty('waits');
    clock.advance(15_000);
    expect(await news()).toEqual(['romeo comes', 'romeo waits 30000, left alone']);
    network.refusal = undefined;
    clock.advance(29_999);
    expect(await news()).toEqual([]);
    clock.advance(1);
    expect(await news()).toEqual(came('romeo'));
    clock.advance(5000);
    expect(await news()).toEqual(came('juliet'));
    network.refusal = new Failure('too-fast', { retryAfter: 15_000 });
    clock.advance(5000);
    sessions.need(keyOf('tybalt'));
    expect(await news()).toEqual(['tybalt comes', 'tybalt waits 15000, left alone']);
  });

  it('does not leave it alone for longer because several have heard it at the same time', async () => {
    const { clock, sessions, network, news } = openTown({ strict: true, wanted: true, pace: 0 });
    network.refusal = new Failure('too-fast', { retryAfter: 15_000 });
    for (const key of [romeo, keyOf('juliet')]) sessions.need(key);
    await news();
    network.refusal = undefined;
    clock.advance(15_000);
    expect((await news()).filter((what) => what.includes('online'))).toHaveLength(2);
  });
});

it('connects at once whom their presence wants there, where the network does not mind', async () => {
  const { clock, sessions, news } = openTown({ stays: true });
  for (const user of ['romeo', 'juliet']) sessions.need(keyOf(user), undefined, true);
  expect((await news()).filter((what) => what.includes('comes'))).toEqual(['romeo comes', 'juliet comes']);
  // Who is lost comes back one after the other.
  for (const user of ['romeo', 'juliet']) sessions.status(keyOf(user), lost);
  clock.advance(5000);
  expect((await news()).filter((what) => what.includes('comes'))).toEqual(['romeo comes']);
  clock.advance(5000);
  expect((await news()).filter((what) => what.includes('comes'))).toEqual(['juliet comes']);
});

it('makes an expected session at once for somebody who asks', async () => {
  const { sessions, clock, news } = openTown({ wanted: true });
  sessions.expect(romeo, 'Romeo', false);
  sessions.need(romeo, 'Montague');
  expect(await news()).toEqual(['romeo comes as Romeo', 'romeo online']);
  sessions.resume(DOMAIN, () => true);
  clock.advance(60_000);
  expect(await news()).toEqual([]);
});

it('gives up an expected session that nothing wants any more', async () => {
  const { sessions, clock, news } = openTown({});
  sessions.expect(romeo, undefined, false);
  sessions.release(romeo);
  sessions.resume(DOMAIN, () => true);
  clock.advance(60_000);
  expect(await news()).toEqual(['romeo released']);
  expect(sessions.realms(romeo.account)).toEqual([]);
});

it('says why a session ends', async () => {
  const { sessions, news } = openTown({});
  for (const user of ['romeo', 'juliet', 'paris']) sessions.need(keyOf(user));
  await news();
  sessions.release(romeo);
  await sessions.drop(keyOf('juliet').account, new Failure('not-registered'));
  await sessions.close(unlimited);
  expect((await news()).filter((what) => what.includes('goes'))).toEqual([
    'romeo goes: left',
    'juliet goes: removed',
    'paris goes: stopped',
  ]);
});

it.each([
  ['ended', (town: Town) => town.sessions.drop(romeo.account, gone, 'left', { realm: 'net', words: 'Banished' })],
  ['removed', (town: Town) => town.sessions.drop(romeo.account, gone)],
  [
    'removed while it goes',
    ({ sessions }: Town) => {
      sessions.release(romeo);
      return sessions.drop(romeo.account, gone);
    },
  ],
])(
  'says of a session of whoever is back before the one is closed that was %s why it ends itself',
  async (_how, drop) => {
    const town = openTown({});
    const { sessions, network, news } = town;
    const closing = Promise.withResolvers<void>();
    network.held = closing.promise;
    sessions.need(romeo);
    await news();
    const dropped = drop(town);
    sessions.need(romeo);
    closing.resolve();
    await dropped;
    await news();
    sessions.release(romeo);
    expect(await news()).toEqual(['romeo goes: left']);
  },
);

it('takes whoever comes where nobody has a connection', async () => {
  const { sessions, news } = openTown({ connectless: true });
  sessions.need(romeo);
  expect(await news()).toEqual(['romeo online']);
  expect(sessions.get(romeo)).toMatchObject(romeo);
  await sessions.drop(romeo.account, new Failure('not-registered'));
  expect(sessions.get(romeo)).toBeUndefined();
});

it('waits so long at the stop for lines that do not close, and no longer', async () => {
  const { sessions, clock, network, news } = openTown({ wanted: true });
  network.stuck = true;
  sessions.need(romeo);
  await news();
  expect(await news()).toEqual([]);
  const late: string[] = [];
  const closed = sessions.close(limitTime(clock, 10_000, (what) => late.push(what))).then(() => 'closed');
  expect(await Promise.race([closed, news()])).toEqual(['romeo goes: stopped']);
  clock.advance(4000);
  expect(await closed).toBe('closed');
  expect(late).toEqual(['lines to close']);
});
