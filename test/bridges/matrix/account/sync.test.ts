import { expect, it } from 'vitest';
import { follow, type SyncNews } from '#bridges/matrix/account/sync.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { Failure } from '#src/model/failure.ts';
import { handClock } from '../../../hand-clock.ts';

/** A homeserver that answers at once, as often as it is asked; the clock goes on by `ms` when nothing else is to be done. */
async function followed(
  answer: () => object,
  turns: number,
  ms: number,
  take: (news: SyncNews) => Promise<void> = async () => undefined,
) {
  const clock = handClock();
  const stop = new AbortController();
  const told: (number | undefined)[] = [];
  let asked = 0;
  const server = {
    call: async () => {
      asked += 1;
      return answer();
    },
  } as unknown as Homeserver;
  const running = follow({
    ...{ server, clock, since: 's1', signal: stop.signal },
    take,
    waits: () => undefined,
    reached: async (since) => void told.push(since),
  });
  for (let turn = 0; turn < turns; turn++) {
    for (let step = 0; step < 200; step++) await Promise.resolve();
    clock.advance(ms);
  }
  stop.abort();
  await running;
  return { asked, told };
}

it('a homeserver that has something to tell without end, and nothing in it, is asked a few times a second', async () => {
  const room = { timeline: { events: [], limited: true, prev_batch: 'x' }, state: { events: [] } };
  const { asked } = await followed(() => ({ next_batch: 's1', rooms: { join: { '!a:hs': room } } }), 50, 200);
  expect(asked).toBeGreaterThan(30);
  expect(asked).toBeLessThan(100);
});

it('an outage is told once, when it has lasted, and its end', async () => {
  let answers = 0;
  const away = (): object => {
    answers += 1;
    if (answers < 3 || (answers > 6 && answers < 30)) throw new Failure('remote-server-timeout');
    return { next_batch: 's2' };
  };
  const { told } = await followed(away, 40, 60_000);
  expect(told).toEqual([expect.any(Number), undefined]);
});

it('takes what a homeserver leaves out for nothing, and rooms for rooms alone', async () => {
  const news: SyncNews[] = [];
  const odd = [null, 7, [], 'x', { events: 7 }, { events: null }];
  const answers = [
    { next_batch: 'a' },
    { next_batch: 'a', rooms: null, presence: 7, account_data: [], to_device: 'x', device_lists: { changed: 7 } },
    ...odd.map((part) => ({
      next_batch: 'a',
      rooms: { join: { '!a:hs': { timeline: part, state: part, ephemeral: part } } },
    })),
    {
      next_batch: 'a',
      rooms: { join: { x: {}, '!b': {}, '!': {}, '#c:hs': {} }, invite: { x: {} }, leave: { '': {} } },
    },
  ];
  await followed(
    () => answers.shift() ?? { next_batch: 7 },
    20,
    60_000,
    async (one) => void news.push(one),
  );
  expect(news).toHaveLength(9);
  expect(news.flatMap(({ joined, invited, left }) => [...joined, ...invited, ...left].map(({ id }) => id))).toEqual([
    ...Array.from(odd, () => '!a:hs'),
    '!b',
  ]);
  expect(
    news.flatMap(({ joined }) =>
      joined.flatMap(({ timeline, state, ephemeral }) => [...timeline, ...state, ...ephemeral]),
    ),
  ).toEqual([]);
});
