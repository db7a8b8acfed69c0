import type { Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';

const NAME = /^[~+]?[a-z0-9][a-z0-9._-]{0,63}$/i;

/** `~room`, which is `+room` as well, and `person`; the loft itself is the empty address. The case of letters does not count. */
export const addresses: Addresses = {
  parse(local) {
    if (local === '') return { kind: 'realm', realm: '', name: '' };
    if (!NAME.test(local))
      throw new Failure('jid-malformed', { text: 'An address here looks like ~room or like person.' });
    return { kind: /^[~+]/.test(local) ? 'room' : 'contact', realm: '', name: local };
  },
  format: ({ name }) => name,
  isAlternate: ({ name }) => name.startsWith('+'),
  fold: (address) => ({ ...address, name: address.name.toLowerCase() }),
};
