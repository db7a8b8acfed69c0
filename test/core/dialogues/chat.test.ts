import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { act, type Step } from '#src/bridge.ts';
import { openChat } from '#src/core/dialogues/chat.ts';
import { openDialogues } from '#src/core/dialogues/dialogue.ts';
import type { Dialogues, Speaker } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { handClock } from '../../hand-clock.ts';
import { account, CLIENT, DOMAIN, ROMEO } from '../house.ts';

const who: Speaker = { language: 'en', owner: CLIENT, user: ROMEO };
const TIME = 600_000;

/** A chat with one command, `go`, which does what the generator says. */
function chatWith(run: (signal: AbortSignal) => AsyncGenerator<Step, string, Answer>) {
  const clock = handClock();
  const running = openDialogues({ clock, log: pino({ level: 'silent' }), limits: { time: TIME, most: 2 } });
  const dialogues: Dialogues = {
    command: () => running.start(CLIENT, { start: run, finish: async (text: string) => ({ text }) }),
    offered: () => [{ node: 'go', on: 'gateway', title: 'Go' }],
    begun: () => [],
    answer: running.answer,
    back: running.back,
    cancel: running.cancel,
  };
  const told: string[] = [];
  const waiting = new Set<() => void>();
  const chat = openChat({
    dialogues,
    places: {
      find: () => Promise.reject(new Failure('jid-malformed')),
      gateway: () => ({ kind: 'realm', account, realm: '' }),
    },
    network: () => 'Semaphore',
    admit: () => undefined,
  });
  const say = (text: string): Promise<void> =>
    chat(DOMAIN, who, text, {
      tell(said) {
        told.push(said.kind === 'text' ? said.text : said.shown);
        for (const look of waiting) look();
      },
      foreign: () => undefined,
    });
  const heard = (text: string): Promise<void> =>
    new Promise((done) => {
      const look = () => told.includes(text) && done();
      waiting.add(look);
      look();
    });
  return { say, told, heard, clock, running };
}

type Steps = AsyncGenerator<Step, string, Answer>;
const LEAVE = 'Send cancel to leave it.';
const BACK = 'Send back to answer anew what was asked before.';
const field = (name: string) => ({ name, type: 'text', required: true }) as const;

describe('the chat with the gateway', () => {
  it('goes through all steps of a command', async () => {
    const { say, told, running } = chatWith(async function* (): Steps {
      yield { kind: 'show', text: 'Look.', url: 'https://a.example/' };
      const { one, two } = yield { kind: 'form', form: { fields: [field('one'), field('two')] } };
      const { three } = yield { kind: 'form', form: { title: 'More', fields: [field('three')] } };
      return `${one} ${two} ${three}`;
    });
    for (const text of ['GO', '1', 'help', '3']) await say(text);
    expect(told).toEqual([
      'Look.\nhttps://a.example/',
      `one?\n${LEAVE}`,
      'two?',
      `More\n\nthree?\n${LEAVE} ${BACK}`,
      '1 help 3',
    ]);
    expect(running.size).toBe(0);
  });

  it('goes back where that is offered, and else takes the word as an answer', async () => {
    const { say, told } = chatWith(async function* (): Steps {
      const { one } = yield { kind: 'form', form: { fields: [field('one')] } };
      const { two } = yield { kind: 'form', form: { fields: [field('two')] } };
      yield* act(async () => undefined);
      const { three } = yield { kind: 'form', form: { fields: [field('three')] } };
      return `${one} ${two} ${three}`;
    });
    for (const text of ['go', 'back', 'Back', '1', '2', 'back']) await say(text);
    expect(told).toEqual([
      `one?\n${LEAVE}`,
      `two?\n${LEAVE} ${BACK}`,
      `one?\n${LEAVE}`,
      `two?\n${LEAVE} ${BACK}`,
      `three?\n${LEAVE}`,
      '1 2 back',
    ]);
  });

  it('says why a command failed, and what was begun is over', async () => {
    const { say, told } = chatWith(async function* (): Steps {
      const { one } = yield { kind: 'form', form: { fields: [field('one')] } };
      throw new Failure('item-not-found', { text: `Nobody is called ${one}.` });
    });
    for (const text of ['go', 'paris', 'go paris']) await say(text);
    expect(told).toEqual([`one?\n${LEAVE}`, 'Nobody is called paris.', 'Nobody is called paris.']);
  });

  it('is left by cancel while it waits, and then says no more of it', async () => {
    const { say, told, heard, running } = chatWith(async function* (signal): Steps {
      const until = new Promise((done) => signal.addEventListener('abort', done));
      yield { kind: 'wait', text: 'Waiting.', until };
      await until;
      return 'too late';
    });
    const going = say('go');
    await heard('Waiting.');
    await say('cancel');
    await going;
    expect(told).toEqual(['Waiting.', 'It is cancelled.']);
    expect(running.size).toBe(0);
    await say('cancel');
    expect(told.at(-1)).toBe('There is nothing to cancel.');
  });

  it('says that a dialogue has timed out', async () => {
    const { say, told, clock } = chatWith(async function* (): Steps {
      yield { kind: 'form', form: { fields: [field('one')] } };
      return 'done';
    });
    await say('go');
    clock.advance(TIME);
    await say('juliet');
    expect(told).toEqual([`one?\n${LEAVE}`, 'This dialogue is over. Begin it anew.']);
    await say('go');
    clock.advance(TIME);
    await say('cancel');
    expect(told.at(-1)).toBe('This dialogue is over. Begin it anew.');
    await say('go 1');
    expect(told.at(-1)).toBe('done');
  });

  it('takes only so much at a time', async () => {
    const { say, heard } = chatWith(async function* (signal): Steps {
      const until = new Promise((done) => signal.addEventListener('abort', done));
      yield { kind: 'wait', text: 'Waiting.', until };
      await until;
      return 'too late';
    });
    const going = say('go');
    await heard('Waiting.');
    const more = Array.from({ length: 9 }, () => say('help'));
    await expect(say('help')).rejects.toMatchObject({ code: 'too-fast' });
    await say('cancel');
    await Promise.all([going, ...more]);
  });
});
