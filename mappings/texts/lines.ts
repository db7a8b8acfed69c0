import { catalogue } from './catalogue.ts';

/** Lines that stand for what happens, behind the name of who does it. */
export const lineTexts = catalogue({
  tookBack: { en: 'took a message back', de: 'hat eine Nachricht zurückgenommen' },
  removedBy: (moderator: string) => ({
    en: `had a message removed by ${moderator}`,
    de: `hatte eine Nachricht, die ${moderator} entfernt hat`,
  }),
  removed: (moderator: string) => ({
    en: `A message was removed by ${moderator}.`,
    de: `Eine Nachricht wurde von ${moderator} entfernt.`,
  }),
  removedFor: (moderator: string, reason: string) => ({
    en: `A message was removed by ${moderator}: ${reason}`,
    de: `Eine Nachricht wurde von ${moderator} entfernt: ${reason}`,
  }),
  fromYou: (text: string) => ({ en: `(from you) ${text}`, de: `(von Ihnen) ${text}` }),
  attention: { en: 'wants your attention', de: 'bittet um Ihre Aufmerksamkeit' },
  called: { en: 'called, but calls cannot cross', de: 'hat angerufen, aber Anrufe kommen hier nicht durch' },
});
