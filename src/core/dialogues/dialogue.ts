import { randomUUID } from 'node:crypto';
import type { Step } from '#src/bridge.ts';
import type { Progress } from '#src/core/index.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { type Arrived, openReplay, type Replay } from './replay.ts';

export type DialogueParts = {
  readonly clock: Clock;
  readonly log: Log;
  /** How long a person may take for an answer, in milliseconds, and how many dialogues one may have open. */
  readonly limits: { readonly time: number; readonly most: number };
};

/** What is talked through. */
export type Talk<Result> = {
  /** Makes the generator. `signal` is aborted when the dialogue is given up. */
  start(signal: AbortSignal): AsyncGenerator<Step, Result, Answer>;
  /** What its person is told at the end. Not called for a dialogue that was given up. */
  finish(result: Result): Promise<string>;
};

/** Whoever began a dialogue: nobody else can go on with it. */
export type DialogueAt = { readonly owner: string; readonly id: string };

export type RunningDialogues = {
  /** Runs to the first step. Rejects with a `Failure` of the talk, or `too-fast` where too many are open. */
  start<Result>(owner: string, talk: Talk<Result>): Promise<Progress>;
  /** Goes on after a step; what shows something or waits is answered with nothing. A failure ends the dialogue. */
  answer(at: DialogueAt, answer: Answer): Promise<Progress>;
  /** Goes back to the form before. Rejects with `Failure('bad-request')`, and stays, where there is no way back. */
  back(at: DialogueAt): Promise<Progress>;
  /** Gives a dialogue up. Throws `Failure('item-not-found')` where there is none. */
  cancel(at: DialogueAt): void;
  /** Gives all up whose owner fits. */
  drop(fits: (owner: string) => boolean): void;
  readonly size: number;
};

type Open = DialogueAt & {
  readonly replay: Replay;
  readonly gone: AbortController;
  busy: boolean;
  /** Whether there is a way back from where it stands. */
  returns: boolean;
  expiry: () => void;
};

/** Dialogues of everybody together (SECURITY rule 11). */
const MOST = 1000;

/** Logins and commands, step by step. They live in memory: a restart ends them. */
export function openDialogues({ clock, log, limits }: DialogueParts): RunningDialogues {
  const open = new Map<string, Open>();

  function begin<Result>(owner: string, talk: Talk<Result>): Open {
    const gone = new AbortController();
    async function* steps(): AsyncGenerator<Step, () => Promise<string>, Answer> {
      const result = yield* talk.start(gone.signal);
      return () => talk.finish(result);
    }
    const replay = openReplay(steps, gone.signal);
    const expiry = (): void => undefined;
    const dialogue: Open = { owner, id: randomUUID(), replay, gone, busy: false, returns: false, expiry };
    open.set(dialogue.id, dialogue);
    return dialogue;
  }

  function find({ owner, id }: DialogueAt): Open {
    const found = open.get(id);
    if (found?.owner !== owner) throw new Failure('item-not-found', { text: 'This dialogue is over. Begin it anew.' });
    return found;
  }

  function forget(dialogue: Open): void {
    dialogue.expiry();
    open.delete(dialogue.id);
  }

  function giveUp(dialogue: Open): void {
    forget(dialogue);
    dialogue.gone.abort();
    // It waits behind a step that is under way, whose own failure goes to whoever asked for it.
    dialogue.replay.end().catch((err: unknown) => log.warn({ err }, 'a dialogue that was given up failed'));
  }

  async function go(dialogue: Open, move: (replay: Replay) => Promise<Arrived>): Promise<Progress> {
    if (dialogue.busy) throw new Failure('too-fast', { text: 'The answer before this is still being worked on.' });
    dialogue.busy = true;
    wait(dialogue);
    try {
      const next = await move(dialogue.replay);
      // Given up meanwhile: what came of it is nobody's.
      find(dialogue);
      if ('stage' in next) {
        wait(dialogue);
        dialogue.returns = next.back;
        return { kind: 'step', id: dialogue.id, step: next.stage, back: next.back };
      }
      forget(dialogue);
      return { kind: 'done', text: await next.finish() };
    } catch (error) {
      forget(dialogue);
      throw error;
    } finally {
      dialogue.busy = false;
    }
  }

  function wait(dialogue: Open): void {
    dialogue.expiry();
    dialogue.expiry = clock.after(limits.time, () => giveUp(dialogue));
  }

  return {
    async start(owner, talk) {
      const own = [...open.values()].filter((one) => one.owner === owner).length;
      if (own >= limits.most) throw new Failure('too-fast', { text: 'Finish or cancel first what you have begun.' });
      if (open.size >= MOST) throw new Failure('queue-full');
      return go(begin(owner, talk), (replay) => replay.begin());
    },
    answer: async (at, answer) => go(find(at), (replay) => replay.answer(answer)),
    async back(at) {
      const dialogue = find(at);
      if (!dialogue.returns) throw new Failure('bad-request', { text: 'There is no way back from here.' });
      return go(dialogue, (replay) => replay.back());
    },
    cancel: (at) => giveUp(find(at)),
    drop(fits) {
      for (const dialogue of [...open.values()]) if (fits(dialogue.owner)) giveUp(dialogue);
    },
    get size() {
      return open.size;
    },
  };
}
