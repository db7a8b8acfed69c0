// https://ircv3.net/specs/client-tags/react: IRC tells each reaction by itself, XMPP all of somebody's to a message at once.

import { openRecent } from '#src/lib/recent.ts';

/** Messages and people of whom it is known how they have reacted, and reactions that one may have to a message. */
const KNOWN = 2000;
const MOST = 20;

/** Who reacted to what. */
export type ReactionOf = { readonly place: string; readonly target: string; readonly who: string };

/** The reactions of people to messages of one server, as far as they were told lately. */
export class KnownReactions {
  readonly #known = openRecent<readonly string[]>(KNOWN);

  /** Takes one in, and gives all that somebody has now. */
  change(of: ReactionOf, emoji: string, on: boolean): readonly string[] {
    const others = this.#of(of).filter((one) => one !== emoji);
    return this.#set(of, on ? [...others, emoji].slice(-MOST) : others);
  }

  /** Takes all in, and gives what is new and what is gone. */
  replace(
    of: ReactionOf,
    emoji: readonly string[],
  ): { readonly added: readonly string[]; readonly gone: readonly string[] } {
    const before = this.#of(of);
    this.#set(of, emoji);
    return {
      added: emoji.filter((one) => !before.includes(one)),
      gone: before.filter((one) => !emoji.includes(one)),
    };
  }

  #of({ place, target, who }: ReactionOf): readonly string[] {
    return this.#known.get(`${place} ${target} ${who}`) ?? [];
  }

  #set({ place, target, who }: ReactionOf, emoji: readonly string[]): readonly string[] {
    this.#known.set(`${place} ${target} ${who}`, emoji);
    return emoji;
  }
}
