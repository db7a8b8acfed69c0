import type { Chosen, NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, BareJid, EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { degrade } from './degrade.ts';
import { choose, type Overrides, operatorChoice } from './overrides.ts';
import { outward } from './targets.ts';
import { peerFeatures, xmpp } from './xmpp.ts';

/** Names of service discovery for what can be said of an earlier message, to one person and in a room. */
export type Advertised = {
  readonly contact: readonly string[];
  readonly room: readonly string[];
  /** The kinds that are read in rooms: what crosses as such could not be shown there yet by whoever says it. */
  readonly heard: readonly EventBody['kind'][];
};

const target = 'earlier' as EventId;
const SAMPLES: readonly EventBody[] = [
  { kind: 'edit', target, text: 'word' },
  { kind: 'retract', target },
  { kind: 'reaction', target, emoji: ['\u{1f44d}'] },
];

const CONTACT: Place = { kind: 'contact', account: 'romeo@a.example' as AccountKey, id: 'juliet' };
const ROOM: Place = { kind: 'shared', transport: '', id: 'verona' };

/**
 * What is advertised of a network: what XMPP reads and the table, with what the operator has chosen, makes something of.
 * What is dropped or refused is not among it, so that clients hide what cannot work. Pure.
 */
export function advertised(mapping: NetworkMapping, overrides: Overrides): Advertised {
  const chosen = choose(mapping.policy.out, operatorChoice(overrides, 'out'));
  const samples = SAMPLES.filter(({ kind }) => (xmpp.facts.out[kind] ?? 'none') !== 'none');
  const pieces = (body: EventBody, place: Place) => piecesOf(body, place, mapping, chosen);
  const among = (some: readonly EventBody[], place: Place): string[] =>
    some.flatMap((body) => (pieces(body, place).length > 0 ? (peerFeatures[body.kind] ?? []) : []));
  const heard = samples.filter((body) => pieces(body, ROOM).every(({ kind }) => kind === 'message'));
  return { contact: among(samples, CONTACT), room: among(heard, ROOM), heard: heard.map(({ kind }) => kind) };
}

function piecesOf(body: EventBody, place: Place, mapping: NetworkMapping, chosen: Chosen): readonly Draft[] {
  try {
    const from = { kind: 'xmpp', bare: 'romeo@a.example' as BareJid } as const;
    return degrade({ place, from, ...body } as Draft, outward(mapping), { chosen });
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
