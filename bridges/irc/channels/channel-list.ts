import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import type { ListedChannel, ListedChannels } from '#bridges/irc/questions/answers.ts';
import type { QuestionBook } from '#bridges/irc/questions/book.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { ReplyTo } from '#src/model/query.ts';

/** Milliseconds that a list serves those who page through it. */
const KEPT = 300_000;
/** Milliseconds after which the first page is asked for anew. */
const FRESH = 10_000;

type ListPage = ReplyTo<{ kind: 'rooms'; realm: string; page: Page }>;

/** The channels of a server (RFC 2812 §3.2.6: LIST), in pages. */
export type ChannelList = {
  /** Rejects with a `Failure`; `item-not-found` for a page after or before what is not in the list. */
  page(page: Page, match?: string): Promise<ListPage>;
  stop(): void;
};

type ChannelListOptions = { readonly view: ServerView; readonly clock: Clock; readonly questions: QuestionBook };

export function openChannelList({ view, clock, questions }: ChannelListOptions): ChannelList {
  let kept: { readonly listed: ListedChannels; readonly at: number } | undefined;
  let forget: (() => void) | undefined;

  async function ask(): Promise<ListedChannels> {
    const listed = await questions.ask('list', '');
    // Several may have waited for the same.
    if (kept?.listed === listed) return listed;
    kept = { listed, at: clock.now() };
    forget?.();
    forget = clock.after(KEPT, () => (kept = undefined));
    return listed;
  }

  const current = (page: Page): ListedChannels | undefined => {
    const first = page.after === undefined && page.before === undefined && page.index === undefined;
    return kept && clock.now() - kept.at < (first ? FRESH : KEPT) ? kept.listed : undefined;
  };

  return {
    async page(page, match) {
      const { entries, complete } = current(page) ?? (await ask());
      const [wanted, words] = [view.fold(match ?? ''), (match ?? '').toLowerCase()];
      const fits = ({ name, topic = '' }: ListedChannel): boolean =>
        view.fold(name).includes(wanted) || topic.toLowerCase().includes(words);
      const fitting = wanted === '' ? entries : entries.filter(fits);
      const start = startOf(fitting, page);
      const list = fitting.slice(start.from, start.to);
      return { kind: 'rooms', list, index: start.from, ...(complete && { count: fitting.length }) };
    },
    stop: () => forget?.(),
  };
}

/** XEP-0059 §2: after, before (`''` for the last page), or from an index. */
function startOf(entries: readonly ListedChannel[], { max, after, before, index }: Page): { from: number; to: number } {
  const at = (id: string): number => {
    const found = entries.findIndex((entry) => entry.id === id);
    if (found < 0) throw new Failure('item-not-found');
    return found;
  };
  if (before !== undefined) {
    const to = before === '' ? entries.length : at(before);
    return { from: Math.max(to - max, 0), to };
  }
  const from = after !== undefined ? at(after) + 1 : Math.min(index ?? 0, entries.length);
  return { from, to: from + max };
}
