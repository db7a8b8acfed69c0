import type { Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';

const NAME = /^\+?[a-z0-9][a-z0-9-]{0,31}$/i;

/** `+harbour` is a room and `person` a person; the tower is the empty address. The case of letters does not count. */
export const addresses: Addresses = {
  parse(local) {
    if (local === '') return { kind: 'realm', realm: '', name: '' };
    if (!NAME.test(local)) throw new Failure('jid-malformed');
    return { kind: isRoom(local) ? 'room' : 'contact', realm: '', name: local };
  },
  format: ({ name }) => name,
  fold: (address) => ({ ...address, name: address.name.toLowerCase() }),
};

export const isRoom = (name: string): boolean => name.startsWith('+');

/** What the tower calls it. Throws `Failure('jid-malformed')`. */
export const wireName = (local: string): string => addresses.fold(addresses.parse(local)).name;
