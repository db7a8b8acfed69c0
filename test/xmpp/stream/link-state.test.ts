import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from '#src/lib/time/backoff.ts';
import {
  initial,
  type LinkEffect,
  type LinkInput,
  type LinkState,
  linkTiming,
  step,
} from '#src/xmpp/stream/link-state.ts';

/** Feeds inputs one after the other; the effects are those of the last one. */
function run(...inputs: LinkInput[]): { state: LinkState; effects: LinkEffect[] } {
  let state = initial;
  let effects: LinkEffect[] = [];
  for (const input of inputs) [state, ...effects] = step(state, input);
  return { state, effects };
}

const online: LinkInput[] = [{ on: 'start' }, { on: 'connected' }, { on: 'accepted' }];
const closed: LinkInput = { on: 'closed' };
const timer = (heard = false): LinkInput => ({ on: 'timer', heard });
const names = (effects: LinkEffect[]): string[] => effects.map((effect) => effect.do);

/** Whether a timer runs after some effects. */
const timerAfter = (before: boolean, effects: LinkEffect[]): boolean =>
  effects.reduce((runs, { do: what }) => what === 'timer' || what === 'wait' || (runs && what !== 'drop'), before);

describe('the life of a link', () => {
  it('goes online by connection and handshake', () => {
    expect(run({ on: 'start' }).effects).toEqual([{ do: 'timer', ms: 15_000 }, { do: 'connect' }, { do: 'tell' }]);
    expect(run({ on: 'start' }, { on: 'connected' }).state.phase).toBe('handshaking');
    expect(run(...online)).toEqual({
      state: { phase: 'online', attempt: 0, pinged: false },
      effects: [{ do: 'timer', ms: linkTiming.silence }, { do: 'online' }, { do: 'tell' }],
    });
  });

  it.each(['conflict', 'not-authorized', 'host-unknown'])('waits long after %s, and says what to do', (condition) => {
    const refused = run({ on: 'start' }, { on: 'connected' }, { on: 'stream-error', condition });
    expect(refused.state.phase).toBe('waiting');
    expect(refused.effects).toMatchObject([
      { do: 'drop' },
      { do: 'wait', slow: true },
      { do: 'tell', reason: { code: condition, lasting: true } },
    ]);
  });

  it('tells conflict and a wrong secret apart', () => {
    const texts = ['conflict', 'not-authorized'].map((condition) => {
      const { effects } = run({ on: 'start' }, { on: 'connected' }, { on: 'stream-error', condition });
      return effects.flatMap((effect) => (effect.do === 'tell' ? [effect.reason?.text] : [])).join();
    });
    expect(texts[0]).toContain('another component');
    expect(texts[1]).toContain('secret');
  });

  it.each<LinkInput>([
    closed,
    { on: 'ended' },
    { on: 'stream-error', condition: 'system-shutdown', text: 'bye' },
    { on: 'malformed', condition: 'not-well-formed', text: 'x' },
  ])('comes back soon after $on', (input) => {
    const { state, effects } = run(...online, input);
    expect(state).toEqual({ phase: 'waiting', attempt: 1, pinged: false });
    expect(effects).toMatchObject([{ do: 'drop' }, { do: 'wait', attempt: 0, slow: false }, { do: 'tell' }]);
    expect(run(...online, input, timer()).state.phase).toBe('connecting');
  });

  it('says what was wrong with what it was sent', () => {
    const { effects } = run(...online, { on: 'malformed', condition: 'restricted-xml', text: 'a comment' });
    expect(effects[0]).toEqual({ do: 'drop', condition: 'restricted-xml' });
  });

  it('waits longer each time, until it has held for a while', () => {
    const fail = [{ on: 'start' }, closed, timer(), closed, timer(), closed] as LinkInput[];
    expect(run(...fail).effects).toContainEqual({ do: 'wait', attempt: 2, slow: false });
    const again = [...fail, timer(), ...online.slice(1)];
    expect(run(...again, closed).effects).toContainEqual({ do: 'wait', attempt: 3, slow: false });
    expect(run(...again, timer(true), closed).effects).toContainEqual({ do: 'wait', attempt: 0, slow: false });
  });

  it('pings in silence, and takes anything for an answer', () => {
    expect(names(run(...online, timer(true)).effects)).toEqual(['timer']);
    expect(run(...online, timer()).effects).toEqual([{ do: 'timer', ms: linkTiming.answer }, { do: 'ping' }]);
    expect(run(...online, timer(), timer(true)).state).toMatchObject({ phase: 'online', pinged: false });
    expect(run(...online, timer(), timer()).effects).toMatchObject([
      { do: 'drop' },
      { do: 'wait' },
      { do: 'tell', reason: { code: 'no-answer' } },
    ]);
  });

  it('finds a half-open connection within 45 s', () => {
    expect(2 * linkTiming.silence + linkTiming.answer).toBeLessThan(45_000);
  });

  it('gives up a handshake that is not answered', () => {
    expect(run({ on: 'start' }, timer()).state.phase).toBe('waiting');
    expect(run({ on: 'start' }, { on: 'connected' }, timer()).state.phase).toBe('waiting');
  });

  it('closes in order when online, at once otherwise, and stays closed', () => {
    expect(names(run(...online, { on: 'stop' }).effects)).toEqual(['timer', 'finish', 'tell']);
    for (const end of [{ on: 'ended' }, closed, timer()] as LinkInput[]) {
      const { state, effects } = run(...online, { on: 'stop' }, end);
      expect(state).toEqual(initial);
      expect(names(effects)).toEqual(['drop', 'tell']);
    }
    expect(names(run({ on: 'start' }, { on: 'stop' }).effects)).toEqual(['drop', 'tell']);
    expect(names(run({ on: 'start' }, closed, { on: 'stop' }).effects)).toEqual(['drop', 'tell']);
    expect(names(run({ on: 'start' }, { on: 'stop' }, closed).effects)).toEqual([]);
  });

  it('always has a timer running unless it is offline', () => {
    const input: fc.Arbitrary<LinkInput> = fc.oneof(
      fc.constantFrom<LinkInput>(
        { on: 'start' },
        { on: 'connected' },
        { on: 'accepted' },
        { on: 'ended' },
        { on: 'stop' },
        closed,
      ),
      fc.boolean().map(timer),
      fc.constantFrom('conflict', 'reset').map((condition) => ({ on: 'stream-error' as const, condition })),
    );
    fc.assert(
      fc.property(fc.array(input), (inputs) => {
        let state = initial;
        let running = false;
        for (const one of inputs) {
          if (one.on === 'timer' && !running) continue;
          const [next, ...effects] = step(state, one);
          state = next;
          running = timerAfter(running && one.on !== 'timer', effects);
          expect(running).toBe(state.phase !== 'offline');
        }
      }),
    );
  });
});

describe('backoff', () => {
  it('doubles its bound from one wait to the next', () => {
    const longest = backoff({ min: 1_000, max: 30_000, random: () => 1 });
    expect([0, 1, 2, 3, 4, 5].map(longest)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(backoff({ min: 1_000, max: 30_000, random: () => 0 })(5)).toBe(1_000);
  });

  it('stays between its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const wait = backoff({ min: 1_000, max: 30_000, random: () => chance })(attempt);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
