import { randomUUID } from 'node:crypto';
import { fitting } from '#mappings/answers.ts';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Stage, Step } from '#src/bridge.ts';
import type { BegunCommand, CommandAt, Progress, Told } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { bareOf } from '#src/model/ids.ts';
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
  finish(result: Result): Promise<Told>;
  /** The command that it is, where somebody may look it up. */
  readonly of?: CommandAt;
};

/** Whoever began a dialogue: nobody else can go on with it. */
export type DialogueAt = { readonly owner: string; readonly id: string };

export type RunningDialogues = {
  /** Runs to the first step. Rejects with a `Failure` of the talk, or `too-fast` where too many are open. */
  start<Result>(owner: string, talk: Talk<Result>): Promise<Progress>;
  /**
   * Goes on after a step; what shows something or waits is answered with nothing. A failure ends the dialogue, but for an
   * answer that does not fit.
   */
  answer(at: DialogueAt, answer: Answer): Promise<Progress>;
  /** Goes back to the form before. Rejects with `Failure('bad-request')`, and stays, where there is no way back. */
  back(at: DialogueAt): Promise<Progress>;
  /** Gives a dialogue up. Throws `Failure('item-not-found')` where there is none. */
  cancel(at: DialogueAt): void;
  /** Gives all up that fit. */
  drop(fits: (owner: string, id: string) => boolean): void;
  /** The commands that stand at a step, of owners that fit. */
  begun(fits: (owner: string) => boolean): readonly BegunCommand[];
  readonly size: number;
};

type Open = DialogueAt & {
  readonly replay: Replay;
  readonly of: CommandAt | undefined;
  readonly gone: AbortController;
  busy: boolean;
  /** Where it stands, and whether there is a way back from there. */
  stage: Stage | undefined;
  returns: boolean;
  expiry: () => void;
};

/** Dialogues of everybody together (SECURITY rule 11). */
const MOST = 1000;
/** One user may have begun as much as so many clients. */
const CLIENTS = 5;

/** Logins and commands, step by step. They live in memory: a restart ends them. */
export function openDialogues({ clock, log, limits }: DialogueParts): RunningDialogues {
  const open = new Map<string, Open>();

  function begin<Result>(owner: string, talk: Talk<Result>): Open {
    const gone = new AbortController();
    async function* steps(): AsyncGenerator<Step, () => Promise<Told>, Answer> {
      const result = yield* talk.start(gone.signal);
      return () => talk.finish(result);
    }
    const replay = openReplay(steps, gone.signal);
    const expiry = (): void => undefined;
    const fresh = { busy: false, stage: undefined, returns: false, expiry };
    const dialogue: Open = { owner, id: randomUUID(), of: talk.of, replay, gone, ...fresh };
    open.set(dialogue.id, dialogue);
    return dialogue;
  }

  function find({ owner, id }: DialogueAt): Open {
    const found = open.get(id);
    if (found?.owner !== owner) throw new Failure('item-not-found', { text: texts.over });
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
    if (dialogue.busy) throw new Failure('too-fast', { text: texts.busy });
    dialogue.busy = true;
    wait(dialogue);
    try {
      const next = await move(dialogue.replay);
      // Given up meanwhile: what came of it is nobody's.
      find(dialogue);
      if ('stage' in next) {
        wait(dialogue);
        dialogue.stage = next.stage;
        dialogue.returns = next.back;
        return { kind: 'step', id: dialogue.id, step: next.stage, back: next.back };
      }
      forget(dialogue);
      return { kind: 'done', ...(await next.finish()) };
    } catch (error) {
      forget(dialogue);
      throw error;
    } finally {
      dialogue.busy = false;
    }
  }

  /** Clients forget what they have begun: beyond the limit the oldest is given up. Throws where all are under way. */
  function makeRoom(fits: (dialogue: Open) => boolean, most: number): void {
    const own = [...open.values()].filter(fits);
    if (own.length < most) return;
    const oldest = own.find(({ busy }) => !busy);
    if (!oldest) throw new Failure('too-fast', { text: texts.tooManyOpen });
    giveUp(oldest);
  }

  function wait(dialogue: Open): void {
    dialogue.expiry();
    dialogue.expiry = clock.after(limits.time, () => giveUp(dialogue));
  }

  return {
    async start(owner, talk) {
      makeRoom((one) => one.owner === owner, limits.most);
      makeRoom((one) => bareOf(one.owner) === bareOf(owner), limits.most * CLIENTS);
      if (open.size >= MOST) throw new Failure('queue-full');
      return go(begin(owner, talk), (replay) => replay.begin());
    },
    async answer(at, answer) {
      const dialogue = find(at);
      const { stage, busy } = dialogue;
      const given = stage?.kind === 'form' && !busy ? fitting(stage.form, answer) : answer;
      return go(dialogue, (replay) => replay.answer(given));
    },
    async back(at) {
      const dialogue = find(at);
      if (!dialogue.returns) throw new Failure('bad-request', { text: texts.noWayBack });
      return go(dialogue, (replay) => replay.back());
    },
    cancel: (at) => giveUp(find(at)),
    drop(fits) {
      for (const dialogue of [...open.values()]) if (fits(dialogue.owner, dialogue.id)) giveUp(dialogue);
    },
    begun: (fits) =>
      [...open.values()].flatMap(({ owner, id, of, stage, returns }) =>
        of && stage && fits(owner) ? [{ ...of, owner, id, step: stage, back: returns }] : [],
      ),
    get size() {
      return open.size;
    },
  };
}
