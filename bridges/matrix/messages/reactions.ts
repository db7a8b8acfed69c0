import type { Host, StateWrite } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** One reaction: its event and what it says. */
export type OwnReaction = { readonly event: string; readonly key: string };

/** Whose reactions, and to what. */
export type ReactionPlace = { readonly room: string; readonly target: string; readonly user: string };

/** What became of a set, and what has to be written for it. */
export type ReactionChange = {
  readonly at: ReactionPlace;
  readonly set: readonly OwnReaction[];
  readonly writes: readonly StateWrite[];
};

const SETS = 'reactions ';
const BY_EVENT = 'reaction ';
/** After so many milliseconds a set is forgotten: half a year. */
const KEPT = 183 * 24 * 3_600_000;

/**
 * Matrix knows single reactions and XMPP whole sets (XEP-0444): who has which to what, as far as it passed here. What is
 * done in one room has to be done one after the other. `account`: as far as that account was told, and not all together.
 */
export function openReactions({ state, clock }: Pick<Host, 'state' | 'clock'>, account?: AccountKey) {
  const whose = account === undefined ? {} : { account };
  const keyOf = ({ room, target, user }: ReactionPlace): string => `${SETS}${room} ${target} ${user}`;

  async function of(at: ReactionPlace): Promise<readonly OwnReaction[]> {
    const value = await state.get({ ...whose, key: keyOf(at) });
    return value === undefined ? [] : (JSON.parse(value) as OwnReaction[]);
  }

  function change(at: ReactionPlace, set: readonly OwnReaction[], gone: readonly OwnReaction[]): ReactionChange {
    const expires = clock.now() + KEPT;
    const value = set.length === 0 ? null : JSON.stringify(set);
    const writes: StateWrite[] = [
      { ...whose, key: keyOf(at), value, expires },
      ...set.map(({ event }) => ({ ...whose, key: BY_EVENT + event, value: JSON.stringify(at), expires })),
      ...gone.map(({ event }) => ({ ...whose, key: BY_EVENT + event, value: null })),
    ];
    return { at, set, writes };
  }

  return {
    of,
    change,
    /** Somebody has reacted. Nothing where that is known, or says what they have said already. */
    async added(at: ReactionPlace, reaction: OwnReaction): Promise<ReactionChange | undefined> {
      const set = await of(at);
      if (set.some(({ event }) => event === reaction.event)) return undefined;
      return change(at, [...set, reaction], []);
    },
    /** An event was redacted. Nothing where it is no reaction that is known. */
    async removed(event: string): Promise<ReactionChange | undefined> {
      const value = await state.get({ ...whose, key: BY_EVENT + event });
      if (value === undefined) return undefined;
      const at = JSON.parse(value) as ReactionPlace;
      const set = await of(at);
      const gone = set.filter((one) => one.event === event);
      return change(
        at,
        set.filter((one) => one.event !== event),
        gone.length > 0 ? gone : [{ event, key: '' }],
      );
    },
  };
}

export type Reactions = ReturnType<typeof openReactions>;

/** What is said by a set: each key once. */
export const keysOf = (set: readonly OwnReaction[]): readonly string[] => [...new Set(set.map(({ key }) => key))];
