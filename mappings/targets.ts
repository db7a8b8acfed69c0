import type {
  Capabilities,
  Direction,
  Durability,
  Feature,
  Ladders,
  NetworkMapping,
  Target,
} from '#src/model/capabilities.ts';
import type { EventKind } from '#src/model/event.ts';
import type { Place } from '#src/model/place.ts';
import { laddersOf } from './ladders.ts';
import { levelIn } from './parts.ts';
import { xmpp } from './xmpp.ts';

/** A network as the target of what XMPP users send. `now` is what it really offers at the place. */
export const outward = ({ facts, policy }: NetworkMapping, now: Capabilities = facts): Target => ({
  levels: now.out,
  text: now.text,
  reads: xmpp.facts.text.format,
  shows: now.shows,
  files: now.files,
  ...(now.fileSize !== undefined && { fileSize: now.fileSize }),
  ...(now.reactions && { reactions: now.reactions }),
  ...(now.confined && { confined: true }),
  ladders: policy.out,
});

/** XMPP as the target of what comes from a network. */
export const inward = (mapping: NetworkMapping): Target => ({
  levels: xmpp.facts.in,
  text: xmpp.facts.text,
  reads: mapping.facts.text.format,
  shows: xmpp.facts.shows,
  files: xmpp.facts.files,
  ladders: { ...xmpp.policy.in, ...mapping.policy.in },
});

/** The ladders towards XMPP for what a network can send at all and XMPP does not carry in full. */
export function inwardLadders({ facts, policy }: NetworkMapping): Ladders {
  const ladders = laddersOf({ ...xmpp.policy.in, ...policy.in });
  return Object.fromEntries(ladders.filter(([feature]) => comes(facts, feature) && !isFull(feature)));
}

const comes = (facts: Capabilities, feature: Feature): boolean =>
  feature === 'file' ? Object.keys(facts.files).length > 0 : levelIn(facts.in, feature) !== 'none';

const isFull = (feature: Feature): boolean => feature === 'file' || levelIn(xmpp.facts.in, feature) === 'full';

/** Where an accepted event waits until it is delivered; a read marker is told from a receipt where it goes out. */
export const durabilityOf = (
  { durability }: Capabilities,
  direction: Direction,
  place: Place['kind'],
  kind: EventKind | 'marker',
): Durability => durability[direction]?.[place]?.[kind] ?? 'memory';
