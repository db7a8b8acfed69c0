import type { Ids } from '#src/core/ids.ts';
import { outwardLane } from '#src/core/journal/rows.ts';
import { isArchivable } from '#src/core/rooms/archived.ts';
import { chain } from '#src/lib/time/after.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Settling } from './settle.ts';

export type AcceptContext = {
  readonly echoes: Pick<Echoes, 'has'>;
  readonly ids: Pick<Ids, 'repeated'>;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft, durable: boolean): void | Promise<void>;
};

/**
 * Takes a network's draft, unless it was sent from here or told before: then false. The store is asked only for what is
 * durable.
 */
export const accept = (context: AcceptContext, draft: Draft, durable: boolean): boolean | Promise<boolean> =>
  chain(context.echoes.has(draft), (own) =>
    chain(own || context.ids.repeated(draft, durable), (again) => {
      if (again) return chain(context.repeated(draft, durable), () => false);
      // What one of ours has said was archived where it was said.
      return draft.from.kind === 'network' || draft.seenBy === undefined;
    }),
  );

/** What users have written in other clients of a network, told apart from what was just sent for them. */
export type Echoes = ReturnType<typeof openEchoes>;

export function openEchoes({ settling }: { readonly settling: Pick<Settling, 'ofLane'> }) {
  let stopped = false;
  const waiting = new Map<() => void, (failure: Failure) => void>();

  function look(lane: string, { ids = [] }: Draft): boolean | undefined {
    const own = settling.ofLane(lane);
    if (own.some((one) => ids.some((id) => one.ids.includes(id)))) return true;
    return own.some(({ life }) => life.state === 'flight') ? undefined : false;
  }

  return {
    /** Whether a draft is what was sent from here. At once, unless something is under way of which that is not known yet. */
    has(draft: Draft): boolean | Promise<boolean> {
      const { from, place } = draft;
      // What is not reflected from here is news when its network tells it.
      if (from.kind !== 'network' || !from.self || place.kind === 'shared' || !isArchivable(draft)) return false;
      const lane = outwardLane(place, place.account);
      const now = look(lane, draft);
      if (now !== undefined) return now;
      if (stopped) throw new Failure('stopping');
      return new Promise((resolve, reject) => {
        const again = (): void => {
          const found = look(lane, draft);
          if (found === undefined) return;
          waiting.delete(again);
          resolve(found);
        };
        waiting.set(again, reject);
      });
    },
    /** Something that was sent is under way no more. */
    tried(): void {
      // What became of it is noted after this.
      if (waiting.size > 0) queueMicrotask(() => waiting.forEach((_reject, again) => void again()));
    },
    /** What waits is not taken, and told again to the next run: whoever tells it is waited for. */
    stop(): void {
      stopped = true;
      for (const reject of waiting.values()) reject(new Failure('stopping'));
      waiting.clear();
    },
  };
}
