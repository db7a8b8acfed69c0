/** The languages that people are spoken to in. English is the first and what everybody gets who has asked for none of them. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a person is told, in every language. */
export type Text = Readonly<Record<Language, string>>;

/** What a person is told: a text of ours, or the words of somebody else as they are. */
export type Words = Text | string;

/** The words in a language. Pure. */
export const wordsIn = (words: Words, language: Language): string =>
  typeof words === 'string' ? words : words[language];

/** A text and its language, as events have them. English goes without saying. */
export type Spoken = { readonly text: string; readonly lang?: Language };

/** The words in a language, as a part of an event. Pure. */
export const spoken = (words: Words, language: Language): Spoken =>
  language === 'en' || typeof words === 'string'
    ? { text: wordsIn(words, language) }
    : { text: words[language], lang: language };

/** What is made for each language. */
export const inEach = <Made>(make: (language: Language) => Made): Readonly<Record<Language, Made>> => ({
  en: make('en'),
  de: make('de'),
});

/** Words one after the other. */
export const joined = (words: readonly Words[], separator = '\n'): Text =>
  inEach((language) => words.map((one) => wordsIn(one, language)).join(separator));

/** The language that a tag (RFC 5646) names, with or without a region; nothing for one that we do not speak. Pure. */
export function languageOf(tag: string): Language | undefined {
  if (tag.length > 2 && tag[2] !== '-') return undefined;
  return LANGUAGES.find((one) => tag.startsWith(one)) ?? (/^[A-Z]/i.test(tag) ? lowered(tag) : undefined);
}

// RFC 5646 §2.1.1: case says nothing.
const lowered = (tag: string): Language | undefined => LANGUAGES.find((one) => tag.slice(0, 2).toLowerCase() === one);
