import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { roomPlace } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';

/** Milliseconds in which servers give those who are back the modes that they had. */
const SETTLE = 2_000;
/** People of one connection that are held back; those beyond go at once. */
const LIMIT = 100_000;
/** Operators and the voiced whose return is expected, after they have been told of as gone; those who went last. */
const MISSED = 1_000;

// RFC 2812 §3.1.7: the reason of a QUIT by a netsplit is the names of the two servers with a space between.
const SPLIT = /^[\w*-]+(\.[\w*-]+)+ [\w*-]+(\.[\w*-]+)+$/;

type Change = Extract<Draft, { kind: 'occupant' }>;

const keyOf = (draft: Draft): string | undefined =>
  draft.kind === 'occupant' && draft.place.kind === 'shared' ? `${draft.place.id} ${draft.who.id}` : undefined;

/** Keeps a netsplit that heals soon from users: who is back soon was never gone. */
export class Netsplits {
  readonly #host: Host;
  readonly #view: ServerView;
  readonly #time: number;
  // Most connections never see a netsplit.
  #held: Map<string, Change> | undefined;
  /** Who is back, as they are by now; shown as they were until they have their modes again. */
  #back: Map<string, Change> | undefined;
  #missed: Set<string> | undefined;
  /** Places of which somebody was held back. */
  #places: Set<string> | undefined;
  #cancel: (() => void) | undefined;
  #settle: (() => void) | undefined;

  /** `time`: milliseconds that those who went with a netsplit are still shown, for most are back by then; 0 for not at all. */
  constructor(host: Host, view: ServerView, time: number) {
    this.#host = host;
    this.#view = view;
    this.#time = time;
  }

  /** What is to be told now of what a line brought. `batch`: the type of that to which it belongs (https://ircv3.net/specs/batches/netsplit). */
  sift(line: Line, drafts: readonly Draft[], batch?: string): readonly Draft[] {
    const isSplit = line.command === 'QUIT' && (batch === 'netsplit' || SPLIT.test(line.params[0] ?? ''));
    if (this.#time > 0 && isSplit) return drafts.filter((one) => !this.#hold(one));
    if (!this.#held && !this.#back && !this.#missed) return drafts;
    const rest = this.#folded(line, drafts);
    if (line.command === 'JOIN')
      this.#held?.delete(`${this.#placeOf(line.params[0] ?? '')} ${this.#view.id(line.nick)}`);
    return [...this.#overtaken(line), ...rest];
  }

  /** Somebody speaks: whoever is just back is shown first. */
  spoke(nick: string): void {
    const back = this.#back;
    if (!back) return;
    emit(this.#host, taken(back, this.#keys(nick)));
  }

  /** Nothing more will be read: who is held back has gone. */
  stop(): void {
    this.#release();
    this.#settled();
  }

  #release(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const gone = [...(this.#held?.values() ?? [])];
    this.#held = undefined;
    for (const draft of gone) this.#miss(draft);
    emit(this.#host, gone);
  }

  #miss(draft: Change): void {
    const key = keyOf(draft);
    if (key === undefined || draft.who.affiliation === 'none') return;
    this.#missed ??= new Set();
    const [oldest] = this.#missed;
    if (this.#missed.size >= MISSED && oldest !== undefined) this.#missed.delete(oldest);
    this.#missed.add(key);
  }

  #settled(): void {
    this.#settle?.();
    this.#settle = undefined;
    const drafts = [...(this.#back?.values() ?? [])];
    this.#back = undefined;
    emit(this.#host, drafts);
  }

  #placeOf(channel: string): string {
    const place = roomPlace(channel, this.#view);
    return place.kind === 'shared' ? place.id : '';
  }

  #hold(draft: Draft): boolean {
    this.#held ??= new Map();
    if (draft.kind !== 'occupant' || draft.place.kind !== 'shared' || this.#held.size >= LIMIT) return false;
    const { id: place } = draft.place;
    this.#back?.delete(`${place} ${draft.who.id}`);
    this.#held.set(`${place} ${draft.who.id}`, draft);
    this.#places ??= new Set();
    this.#places.add(place);
    this.#cancel ??= this.#host.clock.after(this.#time, () => this.#release());
    return true;
  }

  /** Under which somebody may be kept, whatever the channel: a hostile server has many channels, and very many people. */
  #keys(nick: string): string[] {
    const id = this.#view.id(nick);
    return [...(this.#places ?? [])].map((place) => `${place} ${id}`);
  }

  /** What is left of a line's drafts once those about people who are just back have been kept for later. */
  #folded(line: Line, drafts: readonly Draft[]): readonly Draft[] {
    if (line.command === 'JOIN') return drafts.filter((draft) => !this.#returned(draft));
    const back = this.#back;
    if (!back) return drafts;
    // Servers give back the modes that were there before: nothing has changed.
    const given = line.command === 'MODE' && line.ident === '';
    return drafts.flatMap((draft) => {
      if (given && draft.kind === 'message') return [];
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

  #returned(draft: Draft): boolean {
    const key = keyOf(draft);
    if (key === undefined || draft.kind !== 'occupant' || draft.place.kind !== 'shared') return false;
    const before = this.#held?.get(key)?.who;
    this.#held?.delete(key);
    const awaited = before
      ? before.affiliation !== draft.who.affiliation || before.role !== draft.who.role
      : this.#missed?.delete(key);
    if (!awaited) return false;
    this.#back ??= new Map();
    this.#back.set(key, draft);
    this.#places ??= new Set();
    this.#places.add(draft.place.id);
    this.#settle ??= this.#host.clock.after(SETTLE, () => this.#settled());
    return true;
  }

  /** Those who cannot come back as if nothing was: somebody else has their nick, or we no longer see the channel. */
  #overtaken({ command, nick, params: [first = '', second = ''] }: Line): Draft[] {
    if (command === 'NICK') return taken(this.#held, this.#keys(first));
    const left = command === 'KICK' ? isSelf(second, this.#view) : command === 'PART' && isSelf(nick, this.#view);
    if (!left) return [];
    const place = this.#placeOf(first);
    if (!this.#places?.delete(place)) return [];
    const within = (all: ReadonlyMap<string, Change> | undefined): string[] =>
      [...(all?.keys() ?? [])].filter((key) => key.startsWith(`${place} `));
    taken(this.#back, within(this.#back));
    return taken(this.#held, within(this.#held));
  }
}

/** Takes those out that are kept under some keys. */
function taken(all: Map<string, Change> | undefined, keys: readonly string[]): Change[] {
  const found = keys.flatMap((key) => all?.get(key) ?? []);
  for (const key of keys) all?.delete(key);
  return found;
}
