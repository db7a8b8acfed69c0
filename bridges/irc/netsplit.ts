import type { Clock } from '#src/lib/clock.ts';
import type { Draft } from '#src/model/event.ts';
import { isSelf } from './decode.ts';
import { roomPlace } from './drafts.ts';
import { foldName } from './names.ts';
import type { Line, View } from './view.ts';

/** Milliseconds that those who went with a netsplit are still shown: most are back by then. */
const HOLD = 30_000;
/** Milliseconds in which servers give those who are back the modes that they had. */
const SETTLE = 2_000;
/** People of one connection that are held back; those beyond go at once. */
const LIMIT = 100_000;
/** Operators and the voiced whose return is expected, after they have been told of as gone; those who went last. */
const MISSED = 1_000;

// RFC 2812 §3.1.7: the reason of a QUIT by a netsplit is the names of the two servers with a space between.
const SPLIT = /^[\w*-]+(\.[\w*-]+)+ [\w*-]+(\.[\w*-]+)+$/;

/** Keeps the flicker of a netsplit from users: who is back soon was never gone. */
export type Netsplits = {
  /** What is to be told now of what a line brought. */
  sift(line: Line, drafts: readonly Draft[]): readonly Draft[];
  /** Somebody speaks: whoever is just back is shown first. */
  spoke(nick: string): void;
  /** Nothing more will be read: who is held back has gone. */
  stop(): void;
};

type Parts = { readonly view: View; readonly clock: Clock; readonly tell: (drafts: readonly Draft[]) => void };
type Change = Extract<Draft, { kind: 'occupant' }>;
type Held = { readonly draft: Change; readonly place: string; readonly nick: string };

const keyOf = (draft: Draft): string | undefined =>
  draft.kind === 'occupant' && draft.place.kind === 'shared' ? `${draft.place.id} ${draft.who.id}` : undefined;

export function openNetsplits({ view, clock, tell }: Parts): Netsplits {
  const held = new Map<string, Held>();
  /** Who is back, as they are by now; shown as they were until they have their modes again. */
  const back = new Map<string, Change>();
  const missed = new Set<string>();
  let cancel: (() => void) | undefined;
  let settle: (() => void) | undefined;

  const placeOf = (channel: string): string => {
    const place = roomPlace(channel, view);
    return place.kind === 'shared' ? place.id : '';
  };

  function hold(draft: Draft): boolean {
    if (draft.kind !== 'occupant' || draft.place.kind !== 'shared' || held.size >= LIMIT) return false;
    const { id: place } = draft.place;
    back.delete(`${place} ${draft.who.id}`);
    held.set(`${place} ${draft.who.id}`, { draft, place, nick: draft.who.id });
    cancel ??= clock.after(HOLD, release);
    return true;
  }

  function take(wanted: (one: Held) => boolean): Change[] {
    const taken = [...held].filter(([, one]) => wanted(one));
    for (const [key] of taken) held.delete(key);
    return taken.map(([, { draft }]) => draft);
  }

  function release(): void {
    cancel?.();
    cancel = undefined;
    const gone = take(() => true);
    for (const draft of gone) miss(draft);
    if (gone.length > 0) tell(gone);
  }

  function miss(draft: Change): void {
    const key = keyOf(draft);
    if (key === undefined || draft.who.affiliation === 'none') return;
    const [oldest] = missed;
    if (missed.size >= MISSED && oldest !== undefined) missed.delete(oldest);
    missed.add(key);
  }

  function settled(): void {
    settle?.();
    settle = undefined;
    const drafts = [...back.values()];
    back.clear();
    if (drafts.length > 0) tell(drafts);
  }

  /** What is left of a line's drafts once those about people who are just back have been kept for later. */
  function folded(line: Line, drafts: readonly Draft[]): readonly Draft[] {
    if (line.command === 'JOIN') return drafts.filter((draft) => !returned(draft));
    if (back.size === 0) return drafts;
    return drafts.flatMap((draft) => {
      const key = keyOf(draft);
      const joined = key === undefined ? undefined : back.get(key);
      if (draft.kind !== 'occupant' || key === undefined || !joined) return [draft];
      if (draft.change === 'role') {
        back.set(key, { ...joined, who: draft.who });
        return [];
      }
      back.delete(key);
      return draft.change === 'rename' ? [joined, draft] : [draft];
    });
  }

  function returned(draft: Draft): boolean {
    const key = keyOf(draft);
    if (key === undefined || draft.kind !== 'occupant') return false;
    const before = held.get(key)?.draft.who;
    held.delete(key);
    const awaited = before
      ? before.affiliation !== draft.who.affiliation || before.role !== draft.who.role
      : missed.delete(key);
    if (!awaited) return false;
    back.set(key, draft);
    settle ??= clock.after(SETTLE, settled);
    return true;
  }

  /** Those who cannot come back as if nothing was: somebody else has their nick, or we no longer see the channel. */
  function overtaken({ command, nick, params: [first = '', second = ''] }: Line): Draft[] {
    if (command === 'NICK') return take((one) => one.nick === foldName(first));
    const left = command === 'KICK' ? isSelf(second, view) : command === 'PART' && isSelf(nick, view);
    if (!left) return [];
    const place = placeOf(first);
    for (const key of [...back.keys()]) if (key.startsWith(`${place} `)) back.delete(key);
    return take((one) => one.place === place);
  }

  return {
    sift(line, drafts) {
      if (line.command === 'QUIT')
        return SPLIT.test(line.params[0] ?? '') ? drafts.filter((one) => !hold(one)) : folded(line, drafts);
      if (held.size === 0 && back.size === 0 && missed.size === 0) return drafts;
      const rest = folded(line, drafts);
      if (line.command === 'JOIN') held.delete(`${placeOf(line.params[0] ?? '')} ${foldName(line.nick)}`);
      return [...overtaken(line), ...rest];
    },
    spoke(nick) {
      if (back.size === 0) return;
      const id = foldName(nick);
      const theirs = [...back].filter(([, { who }]) => who.id === id);
      for (const [key] of theirs) back.delete(key);
      if (theirs.length > 0) tell(theirs.map(([, draft]) => draft));
    },
    stop() {
      release();
      settled();
    },
  };
}
