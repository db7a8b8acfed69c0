import type { Stage, Step } from '#src/bridge.ts';
import type { Told } from '#src/core/index.ts';
import type { Answer } from '#src/model/form.ts';

/** What comes of a generator at its end is what its person is told. */
type Steps = AsyncGenerator<Step, () => Promise<Told>, Answer>;

/** What a generator was given for a step: an answer, what came of an act or a wait, or what these failed with. */
type Given = { readonly kind: Step['kind'] } & ({ readonly value: unknown } | { readonly error: unknown });

/** Where a run stands: at a stage, with whether there is a way back from it, or at its end. */
export type Arrived = { readonly stage: Stage; readonly back: boolean } | { readonly finish: () => Promise<Told> };

/** One dialogue's generator, with what it was given so far. */
export type Replay = {
  /** Runs to the first stage. */
  begin(): Promise<Arrived>;
  /** Goes on with the answer to the stage at which it stands; a wait is over when its promise is. */
  answer(answer: Answer): Promise<Arrived>;
  /** Goes back to the form before. Only where `Arrived` says that there is a way back. */
  back(): Promise<Arrived>;
  /** Lets the generator close what it has open. */
  end(): Promise<unknown>;
};

/** Answers that are remembered: beyond them there is no way back. */
const MOST = 100;

/** Runs what `start` makes. Whoever goes back runs it anew with the earlier answers. `gone` ends what is waited for. */
export function openReplay(start: () => Steps, gone: AbortSignal): Replay {
  let steps = start();
  let stage: Stage | undefined;
  let log: Given[] = [];

  function pass(given: Given): ReturnType<Steps['next']> {
    log.push(given);
    return 'error' in given ? steps.throw(given.error) : steps.next(given.value as Answer);
  }

  /** Where the way back ends, in the log. */
  function before(): number | undefined {
    const form = log.findLastIndex(({ kind }) => kind === 'form');
    const act = log.findLastIndex(({ kind }) => kind === 'act');
    return form <= act || log.length > MOST ? undefined : form;
  }

  async function arrive(first: Awaited<ReturnType<Steps['next']>>): Promise<Arrived> {
    let at = first;
    while (!at.done && at.value.kind === 'act') at = await pass(await came('act', at.value.run(), gone));
    if (at.done) return { finish: at.value };
    stage = at.value as Stage;
    // Whoever gives up first leaves a rejection to nobody.
    if (stage.kind === 'wait') stage.until.catch(() => undefined);
    return { stage, back: before() !== undefined };
  }

  return {
    begin: async () => arrive(await steps.next({})),
    async answer(answer) {
      const at = stage;
      if (!at) throw new Error('a dialogue was answered before it began');
      const given = at.kind === 'wait' ? await came('wait', at.until, gone) : { kind: at.kind, value: answer };
      return arrive(await pass(given));
    },
    async back() {
      const form = before();
      if (form === undefined) throw new Error('a dialogue went back over an act');
      const earlier = log.slice(0, form);
      await steps.return(undefined as never);
      steps = start();
      log = [];
      let at = await steps.next({});
      for (const given of earlier) {
        // What it says now may be something else: then it goes on from there.
        if (at.done || at.value.kind !== given.kind) break;
        at = await pass(at.value.kind === 'wait' ? await came('wait', at.value.until, gone) : given);
      }
      return arrive(at);
    },
    end: () => steps.return(undefined as never),
  };
}

/** What comes of something, or nothing once the dialogue is gone. */
function came(kind: Step['kind'], work: Promise<unknown>, gone: AbortSignal): Promise<Given> {
  return new Promise((done) => {
    const abort = () => done({ kind, value: {} });
    gone.addEventListener('abort', abort, { once: true });
    if (gone.aborted) abort();
    work
      .then(
        (value) => done({ kind, value: kind === 'wait' ? {} : value }),
        (error: unknown) => done({ kind, error }),
      )
      .finally(() => gone.removeEventListener('abort', abort));
  });
}
