import type { Laboratory } from '../laboratory.ts';
import type { Random } from '../random.ts';
import { playRuns, type Runs, type RunsOptions, usualEnds } from '../runs.ts';
import type { MailLoad, MailWorld } from './network.ts';
import type { MailMood } from './smarthost.ts';

/** Besides the usual ends: when the smarthost has taken a mail and not answered, and when a mail is being handed on. */
const mailEnds = [...usualEnds, 'taken', 'handed on'] as const;
export type MailEnd = (typeof mailEnds)[number];

/** Where runs are played. */
export type MailPlace = { readonly lab: Laboratory<MailLoad>; readonly world: MailWorld; readonly random: Random };

export const mailMoods: readonly MailMood[] = [
  ...(['well', 'well', 'mixed', 'mixed', 'mixed', 'unclear', 'unclear', 'busy', 'down'] as const),
];

/** Plays runs on one store, each with servers of mail in another mood. Resolves when the last gateway is running at good ones. */
export const playMailRuns = ({ lab, world, random }: MailPlace, options: RunsOptions<MailEnd>): Promise<Runs> =>
  playRuns<MailEnd, MailMood>(
    {
      ...{ lab, random, moods: mailMoods, ends: mailEnds },
      seen: {
        taken(happened) {
          world.smarthost.onTaken = happened;
        },
        'handed on'(happened) {
          world.handing.onSent = happened;
        },
      },
      setMood(mood) {
        world.smarthost.mood = mood;
      },
      leave: world.smarthost.leave,
    },
    options,
  );
