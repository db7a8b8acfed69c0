import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { addressOf } from '#bridges/irc/wire/drafts.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { refusal } from '#bridges/irc/wire/numerics.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { ReplyTo } from '#src/model/query.ts';

/** Channels that are remembered of a list; a longer one is cut, and its count is not told. */
const LIMIT = 20_000;
/** Milliseconds that a server has for the next line of its list, and that a list serves those who page through it. */
const PATIENCE = 30_000;
const KEPT = 300_000;
/** Milliseconds after which the first page is asked for anew. */
const FRESH = 10_000;
/** Characters of a topic in a list. */
const TOPIC = 100;

type Rooms = ReplyTo<{ kind: 'rooms'; realm: string; page: Page }>;
type Entry = Rooms['list'][number];
type Listing = { readonly entries: readonly Entry[]; readonly complete: boolean; readonly at: number };

/** The channels of a server (RFC 2812 §3.2.6: LIST), in pages. */
export type ChannelList = {
  /** Rejects with a `Failure`; `item-not-found` for a page after or before what is not in the list. */
  page(page: Page, match?: string): Promise<Rooms>;
  /** Takes a line in; true if it belongs to a list that was asked for. */
  take(line: Line): boolean;
  fail(failure: Failure): void;
};

type ChannelListOptions = { readonly view: ServerView; readonly clock: Clock; readonly send: (line: string) => void };

export function openChannelList({ view, clock, send }: ChannelListOptions): ChannelList {
  let kept: Listing | undefined;
  let forget: (() => void) | undefined;
  let open: { rows: Map<string, Entry>; cut: boolean; end: PromiseWithResolvers<Listing> } | undefined;
  let cancel: (() => void) | undefined;

  function ask(): Promise<Listing> {
    if (open) return open.end.promise;
    const end = Promise.withResolvers<Listing>();
    open = { rows: new Map(), cut: false, end };
    wait();
    try {
      send(makeLine('LIST', []));
    } catch (error) {
      close()?.end.reject(error);
    }
    return end.promise;
  }

  function wait(): void {
    cancel?.();
    cancel = clock.after(PATIENCE, () => close()?.end.reject(new Failure('remote-server-timeout')));
  }

  function close(): typeof open {
    const done = open;
    open = undefined;
    cancel?.();
    return done;
  }

  function finish(): void {
    const done = close();
    if (!done) return;
    const entries = [...done.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    kept = { entries, complete: !done.cut, at: clock.now() };
    forget?.();
    forget = clock.after(KEPT, () => (kept = undefined));
    done.end.resolve(kept);
  }

  // RFC 2812 §5.1: 322 "<channel> <# visible> :<topic>"
  function row(line: Line): void {
    const [, name = '', users] = line.params;
    if (!open || !isName(name) || !view.isupport.chantypes.includes(name.charAt(0))) return;
    wait();
    const id = addressOf('room', name, view);
    if (open.rows.size >= LIMIT) open.cut = true;
    else open.rows.set(id, { id, name, ...about(line.params.length > 3 ? (line.params[3] ?? '') : '', users) });
  }

  const current = (page: Page): Listing | undefined => {
    const first = page.after === undefined && page.before === undefined && page.index === undefined;
    return kept && clock.now() - kept.at < (first ? FRESH : KEPT) ? kept : undefined;
  };

  return {
    async page(page, match) {
      const { entries, complete } = current(page) ?? (await ask());
      const wanted = view.fold(match ?? '');
      const fitting = wanted === '' ? entries : entries.filter(({ name }) => view.fold(name).includes(wanted));
      const start = startOf(fitting, page);
      const list = fitting.slice(start.from, start.to);
      return { kind: 'rooms', list, index: start.from, ...(complete && { count: fitting.length }) };
    },
    take(line) {
      if (!open) return false;
      if (line.command === '322') row(line);
      else if (line.command === '323') finish();
      // RFC 2812 §5.1: 263 asks to try again later; LIST may be too long (416) or not for us (481).
      else if (['263', '416', '421', '481'].includes(line.command) && /^LIST$/i.test(line.params[1] ?? ''))
        close()?.end.reject(refusal(line) ?? new Failure('too-fast'));
      else return line.command === '321';
      return true;
    },
    fail(failure) {
      forget?.();
      close()?.end.reject(failure);
    },
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

/** XEP-0059 §2: after, before (`''` for the last page), or from an index. */
function startOf(entries: readonly Entry[], { max, after, before, index }: Page): { from: number; to: number } {
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
