import type { Text } from '#src/model/language.ts';

/** One text, or what makes one of what it is about. */
type CatalogueEntry = Text | ((...given: never[]) => Text);

/**
 * Texts that people are told, by name, every language side by side: one that is missing does not compile. The German
 * ones avoid addressing anybody, and else say `Sie` (decision 0015).
 */
export const catalogue = <Entries extends Readonly<Record<string, CatalogueEntry>>>(entries: Entries): Entries =>
  entries;
