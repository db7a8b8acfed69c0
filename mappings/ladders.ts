import type { Feature, Ladder, Ladders, Rung } from '#src/model/capabilities.ts';

/** The rungs of a ladder with their names, in their order. */
export const rungsOf = (ladder: Ladder): readonly (readonly [string, Rung])[] =>
  Object.entries(ladder).flatMap(([name, rung]) => (typeof rung === 'object' ? [[name, rung] as const] : []));

/** The rung of a name, or of the ladder's own choice, or the first below it that is usable. */
export function rungNamed(ladder: Ladder, name: string | undefined, usable: (rung: Rung) => boolean): Rung | undefined {
  const rungs = rungsOf(ladder);
  const named = rungs.findIndex(([one]) => one === name);
  const start = named >= 0 ? named : rungs.findIndex(([one]) => one === ladder.default);
  return rungs.slice(start).find(([, rung]) => usable(rung))?.[1];
}

/** The ladders of a table, by feature. */
export const laddersOf = (ladders: Ladders): readonly (readonly [Feature, Ladder])[] =>
  Object.entries(ladders).map(([feature, ladder]) => [feature as Feature, ladder as Ladder]);
