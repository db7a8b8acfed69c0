import type { NetworkMapping } from '#src/model/capabilities.ts';

/** What IRC carries (RFC 2812, modern.ircdocs.horse), as far as every server does. */
export const irc: NetworkMapping = {
  network: 'irc',
  facts: {
    out: { message: 'partial', occupant: 'full', nick: 'full', topic: 'full' },
    in: { message: 'full', occupant: 'full', occupants: 'full', topic: 'full' },
    // A line is 512 bytes with CR LF (RFC 2812 §2.3); 400 leaves room for the longest usual prefix and target.
    text: { format: 'codes', unit: 'bytes', size: 400, pieces: 50, lines: false },
    files: 'none',
    shows: ['available', 'away', 'offline'],
    rooms: 'shared',
    acknowledges: false,
    durability: {},
  },
  policy: {
    out: { typing: 'drop', receipt: 'drop', attention: 'refuse', call: 'refuse', presence: 'drop', profile: 'drop' },
    in: {},
  },
};
