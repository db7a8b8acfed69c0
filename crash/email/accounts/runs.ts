import type { Laboratory } from '../../laboratory.ts';
import type { Random } from '../../random.ts';
import { playRuns, type Runs, type RunsOptions, usualEnds } from '../../runs.ts';
import { mailMoods } from '../runs.ts';
import type { MailMood } from '../smarthost.ts';
import type { OwnMailLoad } from './load.ts';
import type { OwnMailWorld } from './network.ts';

/** Besides the usual ends: when a mail was taken and that is not answered, when one is being read, and when one was marked. */
const ownMailEnds = [...usualEnds, 'taken', 'read', 'read', 'marked', 'marked'] as const;
export type OwnMailEnd = (typeof ownMailEnds)[number];

/** Where runs are played. */
export type OwnMailPlace = {
  readonly lab: Laboratory<OwnMailLoad>;
  readonly world: OwnMailWorld;
  readonly random: Random;
};

/** Plays runs on one store, each with mailboxes in another mood. Resolves when the last gateway is running at good ones. */
export const playOwnMailRuns = (
  { lab, world: { mailboxes, smarthost }, random }: OwnMailPlace,
  options: RunsOptions<OwnMailEnd>,
): Promise<Runs> =>
  playRuns<OwnMailEnd, MailMood>(
    {
      ...{ lab, random, moods: mailMoods, ends: ownMailEnds },
      seen: {
        taken(happened) {
          smarthost.onTaken = happened;
        },
        read(happened) {
          mailboxes.onRead = happened;
        },
        marked(happened) {
          mailboxes.onMarked = happened;
        },
      },
      async prepare() {
        await lab.load.register();
        await lab.until('the mailboxes', mailboxes.quiet);
      },
      setMood(mood) {
        smarthost.mood = mood;
        mailboxes.mood = mood;
      },
      async leave() {
        const { mood } = smarthost;
        mailboxes.mood = 'away';
        const back = await smarthost.leave();
        return async () => {
          mailboxes.mood = mood;
          await back();
        };
      },
    },
    options,
  );
