import type { NetworkMapping } from '#src/model/capabilities.ts';

/** What flags say: texts to a person or to the harbour, and who is there. Nothing has to become anything else. */
export const semaphore: NetworkMapping = {
  facts: {
    // Of all that can happen to an occupant, people only come and go by themselves.
    out: { message: 'full', occupant: 'partial' },
    in: { message: 'full', occupant: 'full', occupants: 'full' },
    text: { format: 'plain', unit: 'characters', size: 500, pieces: 5, lines: true },
    files: {},
    shows: ['available', 'offline'],
    identity: 'own',
    rooms: 'shared',
    confirms: 'taken',
    durability: { out: { contact: { message: 'journal' } }, in: { contact: { message: 'journal' } } },
  },
  policy: { out: {}, in: {} },
};
