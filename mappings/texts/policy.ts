import { type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** What becomes of what passes, as whoever looks at the gateway reads it. */
export const policyTexts = catalogue({
  archived: {
    en: 'What is said in rooms is kept for those who were there.',
    de: 'Was in Räumen gesagt wird, wird für die aufbewahrt, die da waren.',
  },
  notArchived: { en: 'What is said in rooms is not kept.', de: 'Was in Räumen gesagt wird, wird nicht aufbewahrt.' },
  messages: (how: Words) => ({
    en: `The text of a message to a person goes once it is delivered; that it was there is known for ${wordsIn(how, 'en')}.`,
    de: `Der Text einer Nachricht an eine Person verschwindet mit der Zustellung; dass es sie gab, ist ${wordsIn(how, 'de')} lang bekannt.`,
  }),
  files: (how: Words) => ({
    en: `Files can be fetched for ${wordsIn(how, 'en')}.`,
    de: `Dateien sind ${wordsIn(how, 'de')} lang abrufbar.`,
  }),
  sealed: {
    en: 'Passwords are sealed with a key of their own.',
    de: 'Passwörter sind mit einem eigenen Schlüssel versiegelt.',
  },
  network: (network: Words) => ({
    en: `${wordsIn(network, 'en')} has rules of its own for what reaches it.`,
    de: `Für das, was ${wordsIn(network, 'de')} erreicht, gelten dort eigene Regeln.`,
  }),
  days: (count: number) => ({ en: `${count} days`, de: `${count} Tage` }),
  hours: (count: number) => ({ en: `${count} hours`, de: `${count} Stunden` }),
});
