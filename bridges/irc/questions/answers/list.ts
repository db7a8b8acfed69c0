import type { Asking, Collector } from '#bridges/irc/questions/kinds.ts';
import { addressOf } from '#bridges/irc/wire/drafts.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import type { Page } from '#src/model/page.ts';
import type { ReplyTo } from '#src/model/query.ts';

/** Channels that are remembered of a list; a longer one is cut, and its count is not told. */
const LIMIT = 20_000;
/** Characters of a topic in a list. */
const TOPIC = 100;

export type ListedChannel = ReplyTo<{ kind: 'rooms'; realm: string; page: Page }>['list'][number];
/** The channels that a server lists, by address. */
export type ListedChannels = { readonly entries: readonly ListedChannel[]; readonly complete: boolean };

/** RFC 2812 §5.1: 322 "<channel> <# visible> :<topic>" */
export function listedChannels({ view }: Asking): Collector<ListedChannels> {
  const rows = new Map<string, ListedChannel>();
  let cut = false;
  return {
    row({ command, params }) {
      const [, name = '', users, topic = ''] = params;
      if (command !== '322' || !isName(name) || !view.isupport.chantypes.includes(name.charAt(0))) return;
      const id = addressOf('room', name, view);
      if (rows.size >= LIMIT) cut = true;
      else rows.set(id, { id, name, ...about(topic, users) });
    },
    end: () => ({
      entries: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      complete: !cut,
    }),
  };
}

function about(topic: string, users: string | undefined): { topic?: string; users?: number } {
  // Some servers put the modes before the topic: "[+nt] text".
  const text = stripFormatting(topic)
    .replace(/^\[\+[^\]]*\] ?/, '')
    .trim()
    .slice(0, TOPIC);
  const count = Number(users);
  return { ...(text !== '' && { topic: text }), ...(Number.isSafeInteger(count) && count >= 0 && { users: count }) };
}
