import { commandTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Step } from '#src/bridge.ts';
import { laneOf } from '#src/core/journal/rows.ts';
import type { Answer } from '#src/model/form.ts';
import { joined, type Words } from '#src/model/language.ts';
import { type Place, placeOf } from '#src/model/place.ts';
import type { SentPiece, Store } from '#src/store/index.ts';
import type { BoundCommand } from './talks.ts';

export type LastParts = {
  readonly store: { readonly sent: Store['sent']; readonly journal: Pick<Store['journal'], 'trace'> };
};

const NOTHING_ASKED: readonly Step[] = [];

/**
 * What became of the caller's last message, without what it said, and of the last one to them that was lost: `last` on contacts,
 * rooms and the gateway.
 */
export function lastCommands({ store }: LastParts): readonly BoundCommand[] {
  async function told(account: string, place: Place): Promise<Words> {
    const lane = (way: 'in' | 'out') => (place.kind === 'realm' ? undefined : laneOf(way, place));
    const all = await Promise.all([sentBy(account, lane('out')), lostTo(account, lane('in'))]);
    const found = all.filter((one) => one !== undefined);
    return found.length === 0 ? texts.lastNone : joined(found);
  }

  async function lostTo(account: string, lane: string | undefined): Promise<Words | undefined> {
    const piece = await store.sent.lost(account, lane);
    if (!piece) return undefined;
    const trace = (await store.journal.trace(piece.event)) ?? '';
    return joined([texts.lostFrom(nameOf(piece), dayOf(piece.at)), ...stepsOf(trace), texts.lost]);
  }

  async function sentBy(account: string, lane: string | undefined): Promise<Words | undefined> {
    const pieces = await store.sent.last(account, lane);
    const traces = await Promise.all(pieces.map(({ event }) => store.journal.trace(event)));
    const [first] = pieces;
    if (!first) return undefined;
    const parts = pieces.map((piece, index) => hops(piece, traces[index] ?? ''));
    const whole = parts.map((part, index) => (parts.length === 1 ? part : joined([texts.lastPart(index + 1), part])));
    return joined([texts.lastTo(nameOf(first), dayOf(first.at)), ...whole]);
  }

  const command = {
    node: 'last',
    who: 'user',
    title: texts.last,
    async *run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, Words, Answer> {
      yield* NOTHING_ASKED;
      return told(account, place);
    },
  } as const;
  return (['contact', 'room', 'gateway'] as const).map((on) => ({ ...command, on }));
}

/** The lane without the direction is the key of its place. */
function nameOf({ lane }: SentPiece): Words {
  const place = placeOf(lane.replace(/^(in|out) /, ''));
  return place.kind === 'realm' ? place.realm || texts.theNetwork : place.id;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** One line for each step of the trace, and what it comes to. */
const stepsOf = (trace: string): readonly string[] =>
  [...trace.matchAll(/^(\d+) (.+)$/gm)].map(([, at, note]) => `${timeOf(Number(at))} ${note}`);

const hops = (piece: SentPiece, trace: string): Words => joined([...stepsOf(trace), endOf(piece)]);

function endOf({ outcome, state }: SentPiece): Words {
  if (outcome !== null) return texts[outcome];
  if (state === 'taken') return texts.taken;
  return state === 'flight' ? texts.flight : texts.waiting;
}
