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
export type Advertised = { readonly contact: readonly string[]; readonly room: readonly string[] };

const target = 'earlier' as EventId;
const SAMPLES: readonly EventBody[] = [
  { kind: 'edit', target, text: 'word' },
  { kind: 'retract', target },
  { kind: 'reaction', target, emoji: ['\u{1f44d}'] },
];

/**
 * What is advertised of a network: what XMPP reads and the table, with what the operator has chosen, makes something of.
 * What is dropped or refused is not among it, so that clients hide what cannot work. Pure.
 */
export function advertised(mapping: NetworkMapping, overrides: Overrides): Advertised {
  const chosen = choose(mapping.policy.out, operatorChoice(overrides, 'out'));
  const among = (place: Place, counts: (pieces: readonly Draft[]) => boolean): string[] =>
    SAMPLES.flatMap((body) => {
      const name = peerFeatures[body.kind];
      const read = (xmpp.facts.out[body.kind] ?? 'none') !== 'none';
      return read && name !== undefined && counts(piecesOf(body, place, mapping, chosen)) ? [name] : [];
    });
  return {
    contact: among(
      { kind: 'contact', account: 'romeo@a.example' as AccountKey, id: 'juliet' },
      (all) => all.length > 0,
    ),
    // What a room shows of what its own people say is messages.
    room: among(
      { kind: 'shared', transport: '', id: 'verona' },
      (all) => all.length > 0 && all.every(({ kind }) => kind === 'message'),
    ),
  };
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
