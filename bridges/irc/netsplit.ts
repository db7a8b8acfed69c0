import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { isSelf } from './decode.ts';
import { roomPlace } from './drafts.ts';
import { emit } from './emit.ts';
import { foldName } from './names.ts';
import type { Line, View } from './view.ts';

/** Milliseconds that those who went with a netsplit are still shown: most are back by then. */
const HOLD = 30_000;
/** People of one connection that are held back; those beyond go at once. */
const LIMIT = 100_000;

// RFC 2812 §3.1.7: the reason of a QUIT by a netsplit is the names of the two servers with a space between.
const SPLIT = /^[\w*-]+(\.[\w*-]+)+ [\w*-]+(\.[\w*-]+)+$/;

type Held = { readonly draft: Draft; readonly place: string; readonly nick: string };

/** Keeps the flicker of a netsplit from users: who is back soon was never gone. */
export class Netsplits {
  readonly #host: Host;
  readonly #view: View;
  #held: Map<string, Held> | undefined;
  #cancel: (() => void) | undefined;

  constructor(host: Host, view: View) {
    this.#host = host;
    this.#view = view;
  }

  /** What is to be told now of what a line brought. */
  sift(line: Line, drafts: readonly Draft[]): readonly Draft[] {
    if (line.command === 'QUIT')
      return SPLIT.test(line.params[0] ?? '') ? drafts.filter((one) => !this.#hold(one)) : drafts;
    if (!this.#held) return drafts;
    if (line.command === 'JOIN') this.#held.delete(`${this.#placeOf(line.params[0] ?? '')} ${foldName(line.nick)}`);
    return [...this.#overtaken(line), ...drafts];
  }

  /** Nothing more will be read: who is held back has gone. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const gone = this.#take(() => true);
    this.#held = undefined;
    emit(this.#host, gone);
  }

  #placeOf(channel: string): string {
    const place = roomPlace(channel, this.#view);
    return place.kind === 'shared' ? place.id : '';
  }

  #hold(draft: Draft): boolean {
    this.#held ??= new Map();
    if (draft.kind !== 'occupant' || draft.place.kind !== 'shared' || this.#held.size >= LIMIT) return false;
    const { id: place } = draft.place;
    this.#held.set(`${place} ${draft.who.id}`, { draft, place, nick: draft.who.id });
    this.#cancel ??= this.#host.clock.after(HOLD, () => this.stop());
    return true;
  }

  #take(wanted: (one: Held) => boolean): Draft[] {
    const taken = [...(this.#held ?? [])].filter(([, one]) => wanted(one));
    for (const [key] of taken) this.#held?.delete(key);
    return taken.map(([, { draft }]) => draft);
  }

  /** Those who cannot come back as if nothing was: somebody else has their nick, or we no longer see the channel. */
  #overtaken({ command, nick, params: [first = '', second = ''] }: Line): Draft[] {
    if (command === 'NICK') return this.#take((one) => one.nick === foldName(first));
    const left = command === 'KICK' ? isSelf(second, this.#view) : command === 'PART' && isSelf(nick, this.#view);
    if (!left) return [];
    const place = this.#placeOf(first);
    return this.#take((one) => one.place === place);
  }
}
