import type { Chosen, Extra, Feature, NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, EventBody, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, BareJid, EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { degrade } from './degrade.ts';
import { choose, type Overrides, operatorChoice } from './overrides.ts';
import { levelIn } from './parts.ts';
import { outward } from './targets.ts';

/**
 * What is advertised of a network: what can be said to one person, and among those who are in a room; and what of that a
 * room's network does not see. Its table knows.
 */
export type Advertised = Readonly<Record<'contact' | 'room' | 'unseen', readonly Feature[]>> & {
  /** Whether there are rooms, somebody reads what is written to a realm itself, and people can be sent forms to answer. */
  readonly rooms: boolean;
  readonly console: boolean;
  readonly forms: boolean;
  readonly extras: readonly Extra[];
};

const target = 'earlier' as EventId;
const PLAIN: Message = { kind: 'message', text: 'word', style: 'plain' };
const FILE = { url: 'https://a.example/f.png', name: 'f.png', type: 'image/png', size: 1 };
const SAMPLES: readonly (readonly [Feature, EventBody])[] = [
  ['edit', { kind: 'edit', target, text: 'word' }],
  ['retract', { kind: 'retract', target }],
  ['reaction', { kind: 'reaction', target, emoji: ['\u{1f44d}'] }],
  ['reply', { ...PLAIN, replyTo: target }],
  ['file', { ...PLAIN, files: [FILE] }],
  ['spoiler', { ...PLAIN, spoiler: '' }],
  ['mention', { ...PLAIN, mentions: ['juliet'] }],
  ['typing', { kind: 'typing', active: true }],
  ['receipt', { kind: 'receipt', target, state: 'delivered' }],
  ['marker', { kind: 'receipt', target, state: 'displayed' }],
  ['attention', { kind: 'attention' }],
];
/** What is known of the message that a sample is about. */
const ABOUT = { quote: 'an earlier word', author: 'juliet', fresh: true, named: true } as const;

const CONTACT: Place = { kind: 'contact', account: 'romeo@a.example' as AccountKey, id: 'juliet' };
const ROOM: Place = { kind: 'shared', transport: '', id: 'verona' };

/**
 * What is advertised of a network. Of a contact what XMPP reads and the table, with what the operator has chosen, makes
 * something of: what is dropped or refused is not among it, so that clients hide what cannot work. Of a room all that is
 * not refused: its occupants on XMPP have it among each other. Pure.
 */
export function advertised(mapping: NetworkMapping, overrides: Overrides): Advertised {
  const chosen = choose(mapping.policy.out, operatorChoice(overrides, 'out'));
  const pieces = (body: EventBody, place: Place) => piecesOf(body, place, mapping, chosen);
  const plain = JSON.stringify(pieces(PLAIN, CONTACT)?.map(contents));
  const isSomething = (found: readonly Draft[] = []): boolean =>
    found.length > 0 && JSON.stringify(found.map(contents)) !== plain;
  const among = (fits: (body: EventBody) => boolean): Feature[] =>
    SAMPLES.flatMap(([feature, body]) => (fits(body) && !mapping.facts.unasked?.includes(feature) ? [feature] : []));
  const carried = among((body) => isSomething(pieces(body, ROOM)));
  const room = among((body) => isReflected(body) && pieces(body, ROOM) !== undefined);
  return {
    contact: among((body) => isSomething(pieces(body, CONTACT))),
    room: SAMPLES.flatMap(([feature]) => (room.includes(feature) || carried.includes(feature) ? [feature] : [])),
    unseen: room.filter((feature) => !carried.includes(feature)),
    rooms: mapping.facts.rooms !== 'none',
    console: mapping.facts.console === true,
    extras: mapping.facts.extras ?? [],
    forms: levelIn(mapping.facts.out, 'form') !== 'none',
  };
}

/** Rooms show it to all who are in them, whatever becomes of it on the network. */
const isReflected = ({ kind }: EventBody): boolean =>
  kind === 'message' || kind === 'edit' || kind === 'retract' || kind === 'reaction';

const contents = ({ place: _, ...rest }: Draft): object => rest;

/** Nothing where it is refused. */
function piecesOf(
  body: EventBody,
  place: Place,
  mapping: NetworkMapping,
  chosen: Chosen,
): readonly Draft[] | undefined {
  try {
    const from = { kind: 'xmpp', bare: 'romeo@a.example' as BareJid } as const;
    return degrade({ place, from, ...body } as Draft, outward(mapping), { ...ABOUT, chosen });
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
