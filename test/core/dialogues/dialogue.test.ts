import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Step } from '#src/bridge.ts';
import { openDialogues, type Talk } from '#src/core/dialogues/dialogue.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { handClock } from '../../hand-clock.ts';

const OWNER = 'romeo@a.example/x';
const TIME = 600_000;

/** Asks for a word until it is `open`, and tells what happens to it. */
function riddle() {
  const told: string[] = [];
  const talk: Talk<string> = {
    start: async function* (signal): AsyncGenerator<Step, string, Answer> {
      signal.addEventListener('abort', () => told.push('aborted'));
      try {
        for (;;) {
          const { word = [] } = yield { kind: 'wait', text: 'The word?' };
          if (word[0] === 'open') return 'treasure';
          if (word[0] === 'fail') throw new Failure('not-permitted');
        }
      } finally {
        told.push('ended');
      }
    },
    async finish(result) {
      told.push(`finished ${result}`);
      return `You get the ${result}.`;
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
    expect(first.step).toEqual({ kind: 'wait', text: 'The word?' });
    expect(await dialogues.answer({ owner: OWNER, id }, { word: ['x'] })).toEqual(first);
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

  it('is one of a few that somebody may have open', async () => {
    const { dialogues, id, talk } = await begun(1);
    await expect(dialogues.start(OWNER, talk)).rejects.toMatchObject({ code: 'too-fast' });
    expect(await dialogues.start('juliet@a.example/x', talk)).toMatchObject({ kind: 'step' });
    dialogues.cancel({ owner: OWNER, id });
    expect(await dialogues.start(OWNER, talk)).toMatchObject({ kind: 'step' });
  });
});
