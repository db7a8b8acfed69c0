import type { ArchivePage, ArchiveQuery } from '#src/core/index.ts';
import type { Archive } from '#src/core/rooms/archive.ts';
import { isArchivable, numberOf } from '#src/core/rooms/archived.ts';
import type { Standings } from '#src/core/standing.ts';
import { type Lanes, lanes as openLanes } from '#src/lib/lanes.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { inTime } from '#src/lib/time/in-time.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { Page } from '#src/model/page.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Reply } from '#src/model/query.ts';
import { type GrantParts, grant, knownBy } from './grants.ts';
import { askMissed, type MissedParts } from './missed.ts';
import { type GaplessStretch, joined, LAST, type Reach, reachOf, type Span } from './stretches.ts';

export type BackFillParts = GrantParts &
  MissedParts & {
    readonly archive: Pick<Archive, 'page' | 'keptSince' | 'flush'>;
    readonly standings: Pick<Standings, 'of'>;
    readonly clock: Clock;
    readonly log: Log;
    /** Those of places. */
    readonly lanes: Pick<Lanes, 'within'>;
    /** Milliseconds that a network may take for a page of its history. */
    readonly historyTime: number;
    /** Since when (ms) an account's user may be another: what is older is not theirs to see. */
    visibleFrom(account: AccountKey): number | undefined;
    /** Takes what a network tells. */
    accept(drafts: readonly Draft[]): unknown;
  };

type History = Extract<Reply, { kind: 'history' }>;

/** What an account asks of a room's archive, and what is known of that. */
type Search = {
  readonly place: Place;
  readonly account: AccountKey;
  readonly query: ArchiveQuery;
  readonly span: Span;
  readonly known: Coverage;
};

/** Where the archive of an account in a place has no gap, learnt at a time in ms, and what is about messages not found yet. */
type Coverage = { readonly at: number; stretches: readonly GaplessStretch[]; orphans: readonly Draft[] };

const PER_MS = 1000;
/** Messages that a network is asked for at a time. */
const PAGE = 100;
/** How often it is asked for one page, if it has only what no archive keeps. */
const MOST = 3;
/** Places of accounts of which it is remembered where nothing is missing, and for how many ms: archives are pruned. */
const PLACES = 1000;
const KNOWN_FOR = 10 * 60_000;
/** Places of accounts of which it is remembered since when they are heard. */
const HEARD = 20_000;
const MOST_ORPHANS = 100;

/**
 * Pages of a room's archive for who is there, with what the network has and the archive has not: that is asked for once, and
 * stands in the archive under its own time from then on, for whom the network shows it.
 */
export function openBackFill(parts: BackFillParts) {
  const { archive, clock, log } = parts;
  const all = openRecent<Coverage>(PLACES);
  const heard = openRecent<number>(HEARD);
  const lanes = openLanes((err) => log.error({ err }, 'the history of a network could not be read'));
  const keyOf = (place: Place, account: AccountKey): string => `${account}\n${placeKey(place)}`;

  /** What is known now: also that nothing is missing since the account is heard there. */
  function knownOf(key: string, since: number): Coverage {
    const last = all.get(key);
    const now = clock.now();
    const known = last && now - last.at < KNOWN_FOR ? last : { at: now, stretches: [], orphans: last?.orphans ?? [] };
    all.set(key, known);
    known.stretches = joined(known.stretches, { from: Math.max(since, heard.get(key) ?? 0), to: LAST });
    return known;
  }

  return {
    /** A page as `Archive.page` has it. `complete`: the network has no more either. Rejects as that does. */
    async page(place: Place, account: AccountKey, query: ArchiveQuery): Promise<ArchivePage> {
      const stored = await archive.page(place, account, query);
      const since = archive.keptSince(account, place);
      if (since === undefined || query.max === 0) return stored;
      const key = keyOf(place, account);
      let found = stored;
      await lanes.within(key, async () => {
        const span = spanOf(query, parts.visibleFrom(account));
        found = await filled(parts, { place, account, query, span, known: knownOf(key, since) });
      });
      return found;
    },
    /**
     * All that is said in the place reaches the account from now on; what was said before may not have. The last of it is asked
     * for at once where clients of theirs were there `again`, or all the time.
     */
    hears(account: AccountKey, place: Place, again: boolean): void {
      const key = keyOf(place, account);
      heard.set(key, clock.now() * PER_MS);
      all.set(key, { at: clock.now(), stretches: [], orphans: [] });
      if (again) void askMissed(parts, account, place);
    },
  };
}

function spanOf(query: ArchiveQuery, visibleFrom = 0): Span {
  const { start = visibleFrom, end } = query;
  const low = [query.after, query.afterId].map((id) => numberOf(id ?? '') ?? 0);
  const high = [query.before, query.beforeId].map((id) => numberOf(id ?? '') ?? LAST);
  return {
    low: Math.max(...low, Math.max(start, visibleFrom) * PER_MS - 1, 0),
    high: Math.min(...high, end === undefined ? LAST : (end + 1) * PER_MS),
    backward: query.before !== undefined,
  };
}

/** Reads a page, and before that what of it is missing. */
async function filled(parts: BackFillParts, search: Search): Promise<ArchivePage> {
  const { place, account, query, known } = search;
  const read = () => parts.archive.page(place, account, query);
  for (let asked = 0; asked < MOST; asked++) {
    const reach = reachOf(known.stretches, search.span);
    if (reach.whole) return read();
    const page = await readUpTo(parts, search, reach);
    // Where it ends at the gap, the network says whether anything is behind.
    const goesOn = page && page.events.length >= Math.min(query.max, PAGE) && !page.complete;
    if (goesOn || (page && asked > 0 && page.events.length > 0)) return { ...page, complete: false };
    const reply = await ask(parts, search, reach);
    if (reply === 'none') return read();
    const isMore = reply !== 'failed' && (await take(parts, search, reach.bound, reply));
    if (!isMore && page && page.events.length > 0) return { ...page, complete: false };
    if (!isMore) break;
  }
  return { ...(await read()), complete: false };
}

/**
 * What lies before a gap, `complete` if it goes up to that: who pages on begins where a page ends, and what lies behind would
 * hide the gap.
 */
async function readUpTo(
  { archive }: BackFillParts,
  { place, account, query, span }: Search,
  { stretch, bound }: Reach,
): Promise<ArchivePage | undefined> {
  if (!stretch) return undefined;
  return archive.page(place, account, query, span.backward ? { from: bound } : { to: bound });
}

/** Asks the network for what lies beyond a bound: `none` where it has no history at all. Never rejects. */
async function ask(parts: BackFillParts, search: Search, reach: Reach): Promise<History | 'none' | 'failed'> {
  const { clock, log, standings, historyTime } = parts;
  const { place, account, span } = search;
  try {
    const edge = await edgeOf(parts, search, reach);
    const near = reach.bound === LAST || edge === '' ? undefined : nearOf(reach.bound, span.backward);
    const page: Page = { max: PAGE, [span.backward ? 'before' : 'after']: edge ?? '' };
    const { transport, session } = standings.of(account, place);
    const query = { kind: 'history', place, page, ...(near !== undefined && near > 0 && { near }) } as const;
    const work = transport.bridge().ask(query, session);
    if (await inTime(clock, historyTime, work)) return await work;
    log.info({ place: placeKey(place) }, 'a network took too long for a page of its history');
    return 'failed';
  } catch (err) {
    if (err instanceof Failure && err.code === 'not-supported') return 'none';
    if (!(err instanceof Failure)) log.error({ err }, 'the history of a network could not be asked for');
    return 'failed';
  }
}

/** The time of a bound as networks count, so that what happened in the same millisecond is not left out. */
const nearOf = (bound: number, backward: boolean): number =>
  backward ? Math.floor(bound / PER_MS) + 1 : Math.floor((bound + 1) / PER_MS) - 1;

/** What the network calls the message at a bound: `''` for the newest of all, nothing where only the time is known. */
async function edgeOf(parts: BackFillParts, search: Search, { bound, stretch }: Reach): Promise<string | undefined> {
  const { place, account, span, query } = search;
  const told = span.backward ? stretch?.older : stretch?.newer;
  if (told !== undefined) return told;
  const named = span.backward ? [query.before, query.beforeId] : [query.after, query.afterId];
  const isRow = stretch !== undefined || named.includes(String(bound));
  if (!isRow) return undefined;
  const range = span.backward ? { from: bound } : { to: bound };
  const newest = span.backward ? {} : { before: '' };
  const { events } = await parts.archive.page(place, account, { max: 1, ...newest }, range);
  const [row] = events;
  // Nothing was said since: the newest is what is wanted.
  if (!row) return span.backward ? '' : undefined;
  return foreignOf(parts, place, row.event.id);
}

/** What the network calls a message, where it was told. */
async function foreignOf({ ids }: BackFillParts, place: Place, target: EventId): Promise<string | undefined> {
  try {
    const { ids: found } = await ids.resolve({ place, target }, 'foreign');
    return found[0];
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Puts an answer into the archive. False where that leads no further. */
async function take(parts: BackFillParts, search: Search, bound: number, reply: History): Promise<boolean> {
  const { span, known } = search;
  const events = reply.events.filter((draft) => isArchivable(draft) && (draft.ids?.length ?? 0) > 0);
  const { backward } = span;
  const drafts = reply.complete || !backward ? events : behindFirst(events);
  if (drafts.length === 0 && !reply.complete) return false;
  await store(parts, search, drafts);
  const [first, last] = [drafts.at(0), drafts.at(-1)];
  const now = parts.clock.now();
  const from = Math.min(bound, (first?.at ?? now) * PER_MS);
  const to = Math.max(bound, (last?.at ?? 0) * PER_MS + PER_MS - 1);
  known.stretches = joined(
    known.stretches,
    backward
      ? { from: reply.complete ? 0 : from, to: bound - 1, older: first?.ids?.[0] }
      : { from: bound + 1, to: reply.complete ? now * PER_MS : to, newer: last?.ids?.[0] },
  );
  return true;
}

/** Of the millisecond in which a page begins there may be more before it: all of that is left to the next page. */
function behindFirst(events: readonly Draft[]): readonly Draft[] {
  const next = events.findIndex(({ at }) => at !== events[0]?.at);
  return next > 0 ? events.slice(next) : events;
}

/** Takes in what a network tells of the past, with what was about messages that nobody knew before. */
async function store(parts: BackFillParts, { place, account, known }: Search, drafts: readonly Draft[]): Promise<void> {
  const told = new Set(drafts.flatMap(({ ids = [] }) => ids));
  const later = known.orphans;
  const orphans: Draft[] = [];
  const ready: Draft[] = [];
  for (const draft of [...drafts, ...later]) {
    const target = targetOf(draft);
    const isKnown = target === undefined || told.has(target) || (await knownBy(parts, place, target)) !== undefined;
    (isKnown ? ready : orphans).push(draft);
  }
  known.orphans = orphans.slice(-MOST_ORPHANS);
  const shown = place.kind === 'shared' ? { seenBy: account } : {};
  await parts.accept(ready.map((draft) => ({ ...draft, ...shown, live: false, asked: true })));
  // What is told of a place is taken in there.
  await parts.lanes.within(placeKey(place), () => undefined);
  await parts.archive.flush();
  const isLater = (draft: Draft): boolean => later.includes(draft);
  await grant(
    parts,
    place,
    account,
    ready.filter((draft) => !isLater(draft)),
  );
  for (const one of ready.filter(isLater)) await grant(parts, place, account, [one]);
}

/** What a draft changes that says nothing by itself. */
const targetOf = (draft: Draft): ForeignId | undefined =>
  draft.kind === 'edit' || draft.kind === 'retract' || draft.kind === 'reaction'
    ? (draft.target as ForeignId)
    : undefined;
