import { catalogue } from '#mappings/texts/catalogue.ts';

/** What users are told of Matrix. */
export const texts = catalogue({
  address: {
    en: 'An address here looks like alice:example.org or #room:example.org, with the colon written as \\3a.',
    de: 'Eine Adresse hier sieht aus wie alice:example.org oder #raum:example.org, mit \\3a für den Doppelpunkt.',
  },
  encrypted: {
    en: 'This room is encrypted, and what is said there cannot be read or sent from here.',
    de: 'Dieser Raum ist verschlüsselt. Was dort gesagt wird, ist von hier nicht zu lesen, und es geht nichts hin.',
  },
  undecryptable: {
    en: '[An encrypted message, which cannot be read here.]',
    de: '[Eine verschlüsselte Nachricht, die hier nicht zu lesen ist.]',
  },
});
