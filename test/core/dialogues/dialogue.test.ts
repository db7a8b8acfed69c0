import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { act, type Step } from '#src/bridge.ts';
import { openDialogues, type Talk } from '#src/core/dialogues/dialogue.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { handClock } from '../../hand-clock.ts';

const OWNER = 'romeo@a.example/x';
const TIME = 600_000;
const ASKED = { kind: 'form', form: { fields: [{ name: 'word', type: 'text' }] } } as const;

/** Asks for a word until it is `open`, and tells what happens to it. */
function riddle() {
  const told: string[] = [];
  const talk: Talk<string> = {
    start: async function* (signal): AsyncGenerator<Step, string, Answer> {
      signal.addEventListener('abort', () => told.push('aborted'));
      try {
        for (;;) {
          const { word = [] } = yield ASKED;
          if (word[0] === 'open') return 'treasure';
          if (word[0] === 'fail') throw new Failure('not-permitted');
        }
      } finally {
        told.push('ended');
      }
    },
    async finish(result) {
      told.push(`finished ${result}`);
      return { text: `You get the ${result}.` };
    },
  };
  return { told, talk };
}

function open(most = 2) {
  const clock = handClock();
  return { clock, dialogues: openDialogues({ clock, log: pino({ level: 'silent' }), limits: { time: TIME, most } }) };
}

async function begun(most?: number) {
  const { told, talk } = riddle();
  const { clock, dialogues } = open(most);
  const first = await dialogues.start(OWNER, talk);
  if (first.kind !== 'step') throw new Error('it is over');
  return { told, talk, clock, dialogues, id: first.id, first };
}

const over = { code: 'item-not-found' };

describe('a dialogue', () => {
  it('goes from step to step to its end', async () => {
    const { dialogues, id, first, told } = await begun();
    expect(first).toMatchObject({ step: ASKED, back: false });
    expect(await dialogues.answer({ owner: OWNER, id }, { word: ['x'] })).toEqual({ ...first, back: true });
    expect(await dialogues.answer({ owner: OWNER, id }, { word: ['open'] })).toEqual({
      kind: 'done',
      text: 'You get the treasure.',
    });
    expect([told, dialogues.size]).toEqual([['ended', 'finished treasure'], 0]);
    await expect(dialogues.answer({ owner: OWNER, id }, {})).rejects.toMatchObject(over);
  });

  it('belongs to whoever began it', async () => {
    const { dialogues, id, told } = await begun();
    const at = { owner: 'romeo@a.example/y', id };
    await expect(dialogues.answer(at, { word: ['open'] })).rejects.toMatchObject(over);
    expect(() => dialogues.cancel(at)).toThrow(Failure);
    expect(told).toEqual([]);
  });

  it('ends with its failure', async () => {
    const { dialogues, id } = await begun();
    await expect(dialogues.answer({ owner: OWNER, id }, { word: ['fail'] })).rejects.toMatchObject({
      code: 'not-permitted',
    });
    expect(dialogues.size).toBe(0);
  });

  it('can be given up, and closes what it has open', async () => {
    const { dialogues, id, told } = await begun();
    dialogues.cancel({ owner: OWNER, id });
    await expect(dialogues.answer({ owner: OWNER, id }, { word: ['open'] })).rejects.toMatchObject(over);
    expect(told).toEqual(['aborted', 'ended']);
  });

  it('expires when nobody answers in time, counted anew at every step', async () => {
    const { dialogues, id, told, clock } = await begun();
    clock.advance(TIME - 1);
    await dialogues.answer({ owner: OWNER, id }, { word: ['x'] });
    clock.advance(TIME - 1);
    expect(dialogues.size).toBe(1);
    clock.advance(1);
    await expect(dialogues.answer({ owner: OWNER, id }, { word: ['open'] })).rejects.toMatchObject(over);
    expect(told).toEqual(['aborted', 'ended']);
  });

  it('finishes nothing that is given up while a step is under way', async () => {
    const { dialogues, id, told } = await begun();
    const answering = dialogues.answer({ owner: OWNER, id }, { word: ['open'] });
    dialogues.cancel({ owner: OWNER, id });
    await expect(answering).rejects.toMatchObject(over);
    expect(told).not.toContain('finished treasure');
  });

  it('takes one answer at a time', async () => {
    const { dialogues, id } = await begun();
    const answering = dialogues.answer({ owner: OWNER, id }, { word: ['x'] });
    await expect(dialogues.answer({ owner: OWNER, id }, { word: ['open'] })).rejects.toMatchObject({
      code: 'too-fast',
    });
    expect(await answering).toMatchObject({ kind: 'step' });
  });

  it('is one of a few that a client may have open: the oldest is given up for another, unless it is worked on', async () => {
    const { dialogues, id, talk } = await begun(1);
    expect(await dialogues.start('juliet@a.example/x', talk)).toMatchObject({ kind: 'step' });
    const second = await dialogues.start(OWNER, talk);
    if (second.kind !== 'step') throw new Error('it is over');
    await expect(dialogues.answer({ owner: OWNER, id }, { word: ['x'] })).rejects.toMatchObject(over);
    const answering = dialogues.answer({ owner: OWNER, id: second.id }, { word: ['x'] });
    await expect(dialogues.start(OWNER, talk)).rejects.toMatchObject({ code: 'too-fast' });
    expect(await answering).toMatchObject({ kind: 'step' });
    expect(dialogues.size).toBe(2);
  });

  it('is one of some that all clients of a user may have open', async () => {
    const { dialogues, talk } = await begun(1);
    for (let client = 0; client < 500; client++) await dialogues.start(`romeo@a.example/${client}`, talk);
    expect(dialogues.size).toBe(5);
  });

  it('takes no answer that its form does not take, and stays', async () => {
    const number = { name: 'age', label: 'Age', type: 'text', number: { whole: true, min: 0, max: 150 } } as const;
    const fields = [
      { name: 'kind', type: 'hidden', value: ['x'] },
      { name: 'who', label: 'Who', type: 'text', required: true },
      { ...number },
      { name: 'sure', label: 'Sure', type: 'boolean' },
      { name: 'whom', label: 'Whom', type: 'jids' },
      { name: 'how', label: 'How', type: 'choice', options: [{ value: 'so' }] },
    ] as const;
    const { at, dialogues } = await talking(async function* (): Steps {
      return JSON.stringify(yield { kind: 'form', form: { fields } });
    });
    const wrong = async (answer: Answer) => {
      const error: unknown = await dialogues.answer(at, answer).catch((failure: unknown) => failure);
      return error instanceof Failure ? `${error.code}: ${error.message}` : error;
    };
    expect(await wrong({})).toBe('not-acceptable: Who is missing.');
    expect(await wrong({ who: [' '] })).toBe('not-acceptable: Who is missing.');
    expect(await wrong({ who: ['x'.repeat(5000)] })).toBe('not-acceptable: Who is longer than 4096 characters.');
    expect(await wrong({ who: Array(2000).fill('x') })).toBe('not-acceptable: Who has more than 1000 values.');
    expect(await wrong({ who: ['me'], age: ['old'] })).toBe('not-acceptable: Age is no number.');
    expect(await wrong({ who: ['me'], age: ['1.5'] })).toBe('not-acceptable: Age is no whole number.');
    expect(await wrong({ who: ['me'], age: ['-1'] })).toBe('not-acceptable: Age is less than 0.');
    expect(await wrong({ who: ['me'], age: ['151'] })).toBe('not-acceptable: Age is more than 150.');
    expect(await wrong({ who: ['me'], sure: ['maybe'] })).toBe('not-acceptable: Sure is neither yes nor no.');
    expect(await wrong({ who: ['me'], whom: ['a@b.example/c', 'not @@ one'] })).toBe(
      'not-acceptable: Whom is no address.',
    );
    expect(await wrong({ who: ['me'], how: ['not so'] })).toBe('not-acceptable: How is none of the options.');
    const answer = { who: ['me', 'too'], sure: ['1'], how: [''], kind: ['y'], more: ['z'], __proto__: ['p'] };
    const end = await dialogues.answer(at, answer);
    expect(end).toEqual({ kind: 'done', text: '{"kind":["x"],"who":["me"],"sure":["true"],"how":[""]}' });
  });

  const form = (title: string) =>
    ({ kind: 'form', form: { title, fields: [{ name: 'word', type: 'text' }] } }) as const;
  type Steps = AsyncGenerator<Step, string, Answer>;

  /** A dialogue that does what the generator says, and how to go on with it. */
  async function talking(start: () => Steps) {
    const { dialogues } = open();
    const first = await dialogues.start(OWNER, { start, finish: async (text: string) => ({ text }) });
    if (first.kind !== 'step') throw new Error('it is over');
    const at = { owner: OWNER, id: first.id };
    const answer = (word: string) => dialogues.answer(at, { word: [word] });
    return { dialogues, first, at, answer, back: () => dialogues.back(at) };
  }

  it('goes back by running anew with the answers so far', async () => {
    let runs = 0;
    let closed = 0;
    const { answer, back } = await talking(async function* (): Steps {
      runs++;
      try {
        const { word: one } = yield form('one');
        yield { kind: 'show', text: 'look' };
        const { word: two } = yield form('two');
        const { word: three } = yield form('three');
        return `${one} ${two} ${three}`;
      } finally {
        closed++;
      }
    });
    await answer('1');
    await answer('');
    expect(await answer('2')).toMatchObject({ step: form('three'), back: true });
    expect(await back()).toMatchObject({ step: form('two'), back: true });
    expect([runs, closed]).toEqual([2, 1]);
    expect(await back()).toMatchObject({ step: form('one'), back: false });
    await expect(back()).rejects.toMatchObject({ code: 'bad-request' });
    // It has stayed where it was.
    for (const word of ['A', '', 'B']) await answer(word);
    expect(await answer('C')).toEqual({ kind: 'done', text: 'A B C' });
    expect([runs, closed]).toEqual([3, 3]);
  });

  it('does what has an effect once, and goes not back over it', async () => {
    let done = 0;
    const { answer, back } = await talking(async function* (): Steps {
      const { word } = yield form('one');
      const key = yield* act(async () => `${word} ${++done}`);
      const failed = yield* failing();
      const { word: two } = yield form('two');
      const { word: three } = yield form('three');
      return `${key} ${failed} ${two} ${three}`;
    });
    async function* failing(): AsyncGenerator<Step, string, Answer> {
      try {
        return yield* act(() => Promise.reject(new Failure('item-not-found', { text: `${++done}` })));
      } catch (error) {
        return `not ${error instanceof Failure ? error.message : 'known'}`;
      }
    }
    expect(await answer('key')).toMatchObject({ step: form('two'), back: false });
    await expect(back()).rejects.toBeInstanceOf(Failure);
    expect(await answer('2')).toMatchObject({ step: form('three'), back: true });
    expect(await back()).toMatchObject({ step: form('two'), back: false });
    await answer('two');
    expect(await answer('3')).toEqual({ kind: 'done', text: 'key 1 not 2 two 3' });
    expect(done).toBe(2);
  });

  it('waits until what it waits for is there, also for its failure', async () => {
    const came = Promise.withResolvers<string>();
    const broke = Promise.withResolvers<string>();
    const { first, answer } = await talking(async function* (): Steps {
      yield { kind: 'wait', text: 'Wait.', until: came.promise };
      const text = await came.promise;
      try {
        yield { kind: 'wait', text, until: broke.promise };
      } catch (error) {
        return error instanceof Failure ? error.message : 'something else';
      }
      return 'it came';
    });
    expect(first.step).toMatchObject({ kind: 'wait', text: 'Wait.' });
    let over = false;
    const waiting = answer('').finally(() => (over = true));
    await new Promise((turn) => setImmediate(turn));
    expect(over).toBe(false);
    came.resolve('Wait more.');
    expect(await waiting).toMatchObject({ step: { text: 'Wait more.' } });
    broke.reject(new Failure('gone', { text: 'It is gone.' }));
    expect(await answer('')).toEqual({ kind: 'done', text: 'It is gone.' });
  });

  it('can be given up while it waits', async () => {
    const { dialogues, at, answer } = await talking(async function* (): Steps {
      yield { kind: 'wait', text: 'Wait.', until: new Promise(() => undefined) };
      return 'never';
    });
    const waiting = answer('');
    dialogues.cancel(at);
    await expect(waiting).rejects.toMatchObject({ code: 'item-not-found' });
  });
});
