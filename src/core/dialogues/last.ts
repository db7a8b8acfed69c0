import type { Step } from '#src/bridge.ts';
import { laneOf } from '#src/core/journal/rows.ts';
import type { Answer } from '#src/model/form.ts';
import { type Place, placeOf } from '#src/model/place.ts';
import type { SentPiece, Store } from '#src/store/index.ts';
import type { BoundCommand } from './talks.ts';

export type LastParts = {
  readonly store: { readonly sent: Store['sent']; readonly journal: Pick<Store['journal'], 'trace'> };
};

const NONE = 'There is no message of yours on record. Only what is kept until it has arrived is traced.';

const NOTHING_ASKED: readonly Step[] = [];

/** What became of the caller's last message, without what it said: `last` on contacts, rooms and the gateway. */
export function lastCommands({ store }: LastParts): readonly BoundCommand[] {
  async function told(account: string, place: Place): Promise<string> {
    const lane = place.kind === 'realm' ? undefined : laneOf('out', place);
    const pieces = await store.sent.last(account, lane);
    const traces = await Promise.all(pieces.map(({ event }) => store.journal.trace(event)));
    const [first] = pieces;
    if (!first) return NONE;
    const parts = pieces.map((piece, index) => hops(piece, traces[index] ?? ''));
    const whole = parts.map((part, index) => (parts.length === 1 ? part : `Part ${index + 1}:\n${part}`));
    return [`Your message to ${nameOf(first)}, ${dayOf(first.at)} (UTC):`, ...whole].join('\n');
  }

  const command = {
    node: 'last',
    who: 'user',
    title: 'What became of your last message, step by step',
    async *run({ account, place }: Parameters<BoundCommand['run']>[0]): AsyncGenerator<Step, string, Answer> {
      yield* NOTHING_ASKED;
      return told(account, place);
    },
  } as const;
  return (['contact', 'room', 'gateway'] as const).map((on) => ({ ...command, on }));
}

/** The lane without the direction is the key of its place. */
function nameOf({ lane }: SentPiece): string {
  const place = placeOf(lane.replace(/^out /, ''));
  return place.kind === 'realm' ? place.realm || 'the network' : place.id;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** One line for each step of the trace, and what it comes to. */
function hops(piece: SentPiece, trace: string): string {
  const steps = [...trace.matchAll(/^(\d+) (.+)$/gm)].map(([, at, note]) => `${timeOf(Number(at))} ${note}`);
  return [...steps, endOf(piece)].join('\n');
}

const ENDS: Readonly<Record<NonNullable<SentPiece['outcome']>, string>> = {
  delivered: 'It has arrived, as far as the network tells.',
  bounced: 'It failed, and you were told.',
  parked: 'It was given up, and you were told.',
  expired: 'It could not be delivered in time, and you were told.',
  purged: 'It was removed with your registration.',
};

function endOf({ outcome, state }: SentPiece): string {
  if (outcome !== null) return ENDS[outcome];
  if (state === 'taken') return 'The network has it; that it has arrived is not confirmed yet.';
  return state === 'flight' ? 'It is on its way.' : 'It waits to be sent.';
}
