import { calledBy, type Place, playsIn, usualEnds, usualMoods } from '../../runs.ts';
import type { OwnMailLoad } from './load.ts';
import type { OwnMailWorld } from './network.ts';

/** Besides the usual ends: when a mail was taken and that is not answered, when one is being read, and when one was marked. */
const ends = [...usualEnds, 'taken', 'read', 'read', 'marked', 'marked'] as const;

/** Plays runs on one store, each with mailboxes in another mood. Resolves when the last gateway is running at good ones. */
export const playOwnMailRuns = playsIn(
  ({ lab, world: { mailboxes, smarthost } }: Place<OwnMailLoad, OwnMailWorld>) => ({
    ...{ moods: usualMoods, ends },
    seen: {
      taken: calledBy(smarthost, 'onTaken'),
      read: calledBy(mailboxes, 'onRead'),
      marked: calledBy(mailboxes, 'onMarked'),
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
  }),
);
