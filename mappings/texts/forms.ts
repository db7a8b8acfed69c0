import { type Language, type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** How a field is called in a sentence about it. */
const en = (label: Words): string => wordsIn(label, 'en');
const de = (label: Words): string => wordsIn(label, 'de');

/** How forms are asked in words, and what is wrong with an answer. */
export const formTexts = catalogue({
  tooMany: (label: Words, most: number) => ({
    en: `${en(label)} has more than ${most} values.`,
    de: `${de(label)}: mehr als ${most} Werte.`,
  }),
  missing: (label: Words) => ({ en: `${en(label)} is missing.`, de: `${de(label)}: Angabe fehlt.` }),
  tooLong: (label: Words, most: number) => ({
    en: `${en(label)} is longer than ${most} characters.`,
    de: `${de(label)}: länger als ${most} Zeichen.`,
  }),
  noFlag: (label: Words) => ({ en: `${en(label)} is neither yes nor no.`, de: `${de(label)}: weder ja noch nein.` }),
  noOption: (label: Words) => ({
    en: `${en(label)} is none of the options.`,
    de: `${de(label)}: steht nicht zur Auswahl.`,
  }),
  noJid: (label: Words) => ({ en: `${en(label)} is no address.`, de: `${de(label)}: keine Adresse.` }),
  noNumber: (label: Words) => ({ en: `${en(label)} is no number.`, de: `${de(label)}: keine Zahl.` }),
  noWholeNumber: (label: Words) => ({ en: `${en(label)} is no whole number.`, de: `${de(label)}: keine ganze Zahl.` }),
  tooSmall: (label: Words, min: number) => ({
    en: `${en(label)} is less than ${min}.`,
    de: `${de(label)}: kleiner als ${min}.`,
  }),
  tooBig: (label: Words, max: number) => ({
    en: `${en(label)} is more than ${max}.`,
    de: `${de(label)}: größer als ${max}.`,
  }),
  /** A setting that does not fit, and why. */
  unfit: (setting: Words, why: Words) => ({ en: `${en(setting)}: ${en(why)}`, de: `${de(setting)}: ${de(why)}` }),
  longer: (most: number) => ({ en: `longer than ${most} characters`, de: `länger als ${most} Zeichen` }),
  neither: { en: 'neither yes nor no', de: 'weder ja noch nein' },
  notAcceptable: { en: 'not acceptable', de: 'nicht annehmbar' },
  answerFlag: { en: 'Answer yes or no.', de: 'Bitte mit ja oder nein antworten.' },
  answerNumbers: { en: 'Answer with numbers, such as 1, 2.', de: 'Bitte mit Nummern antworten, zum Beispiel 1, 2.' },
  answerNumber: { en: 'Answer with a number.', de: 'Bitte mit einer Nummer antworten.' },
  secret: {
    en: 'Your server and your client may keep your answer: delete it there.',
    de: 'Ihr Server und Ihr Programm heben die Antwort vielleicht auf: Löschen Sie sie dort.',
  },
  now: (value: Words) => ({ en: `Now: ${en(value)}`, de: `Jetzt: ${de(value)}` }),
  yes: { en: 'yes', de: 'ja' },
  no: { en: 'no', de: 'nein' },
  skip: (sign: string) => ({ en: `${sign} leaves it as it is.`, de: `${sign} lässt es, wie es ist.` }),
  notAnOption: { en: 'This is none of the options.', de: 'Das steht nicht zur Auswahl.' },
});

/** The words in which yes and no are answered: in English everywhere, and in the language of who is asked. */
export const YES_NO: Readonly<Record<Language, { readonly yes: RegExp; readonly no: RegExp }>> = {
  en: { yes: /^(?:y|yes|true|1)$/i, no: /^(?:n|no|false|0)$/i },
  de: { yes: /^(?:j|ja|y|yes|true|1)$/i, no: /^(?:n|nein|no|false|0)$/i },
};
