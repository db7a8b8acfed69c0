import { expect, it } from 'vitest';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import { Failure } from '#src/model/failure.ts';
import { handClock } from '../../../hand-clock.ts';

it('leaves alone what has failed, longer each time and each by itself, until it works', async () => {
  const clock = handClock();
  const breaker = openBreaker(clock, { min: 1000, max: 4000 });
  let [asked, failure]: [number, Failure | undefined] = [0, new Failure('remote-server-timeout')];
  const run = (name = 'far.example') =>
    breaker
      .run(name, async () => {
        asked += 1;
        if (failure) throw failure;
        return 'done';
      })
      .catch(({ code }) => code);
  for (const pause of [1000, 2000, 4000, 4000]) {
    const before = asked;
    expect(await run()).toBe('remote-server-timeout');
    expect(await run()).toBe('remote-server-timeout');
    clock.advance(pause - 1);
    await run();
    expect(asked).toBe(before + 1);
    clock.advance(1);
  }
  const before = asked;
  await run('other.example');
  expect(asked).toBe(before + 1);
  // What another try would only repeat is an answer.
  failure = new Failure('not-permitted');
  expect([await run(), await run()]).toEqual(['not-permitted', 'not-permitted']);
  failure = undefined;
  expect([await run(), await run()]).toEqual(['done', 'done']);
  expect(asked).toBe(before + 5);
  failure = new Failure('too-fast', { retryAfter: 3000 });
  await run();
  clock.advance(2999);
  await run();
  expect(asked).toBe(before + 6);
});
