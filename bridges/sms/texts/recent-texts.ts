import type { RecentText } from './decode.ts';

/** Conversations that are remembered, and texts in each. */
const MOST_CONVERSATIONS = 2000;
const MOST_TEXTS = 20;

/** The latest texts of each conversation, in memory only: phones name the text they are about by quoting it. */
export type LatestTexts = { of(key: string): readonly RecentText[]; add(key: string, text: RecentText): void };

/** Empty. The conversation that was quiet longest is forgotten first. */
export function openRecentTexts(): LatestTexts {
  const texts = new Map<string, readonly RecentText[]>();
  return {
    of: (key) => texts.get(key) ?? [],
    add(key, text) {
      const before = texts.get(key) ?? [];
      texts.delete(key);
      texts.set(key, [...before, text].slice(-MOST_TEXTS));
      const [oldest] = texts.keys();
      if (texts.size > MOST_CONVERSATIONS && oldest !== undefined) texts.delete(oldest);
    },
  };
}
