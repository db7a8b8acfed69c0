import { catalogue } from './catalogue.ts';

/** What is asked of who looks for rooms or people. */
export const searchTexts = catalogue({
  words: { en: 'Search for', de: 'Suchbegriffe' },
  all: { en: 'All rooms, whatever they are called', de: 'Alle Räume, gleich wie sie heißen' },
  inName: { en: 'Search in names', de: 'In Namen suchen' },
  inDescription: { en: 'Search in descriptions', de: 'In Beschreibungen suchen' },
  inAddress: { en: 'Search in addresses', de: 'In Adressen suchen' },
  least: { en: 'With at least so many people', de: 'Mit mindestens so vielen Personen' },
  types: { en: 'Kinds of rooms', de: 'Arten von Räumen' },
  order: { en: 'Order', de: 'Reihenfolge' },
  byUsers: { en: 'Number of people', de: 'Anzahl der Personen' },
  byAddress: { en: 'Address', de: 'Adresse' },
  tooLong: (most: number) => ({
    en: `Search for something of 1 to ${most} characters.`,
    de: `Der Suchbegriff muss 1 bis ${most} Zeichen haben.`,
  }),
  people: { en: 'Search for people', de: 'Personen suchen' },
  peopleHow: {
    en: 'Give a name, or a part of it.',
    de: 'Bitte einen Namen oder einen Teil davon angeben.',
  },
  rooms: { en: 'Search for rooms', de: 'Räume suchen' },
  roomsHow: {
    en: 'Give a part of the name or of the topic.',
    de: 'Bitte einen Teil des Namens oder des Themas angeben.',
  },
  topic: { en: 'Topic', de: 'Thema' },
  name: { en: 'Name or a part of it', de: 'Name oder ein Teil davon' },
  address: { en: 'Address', de: 'Adresse' },
});
