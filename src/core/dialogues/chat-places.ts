import type { Core, Surface } from '#src/core/index.ts';
import type { Transport } from '#src/core/transport.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';

/** A place that somebody has named in words. */
export type Named = {
  /** The address by which people know it. */
  readonly shown: string;
  readonly room: boolean;
  readonly place: Place;
};

/** How places are named in a chat. */
export type ChatPlaces = {
  /** The place of an address as people have it, or as the surface has it. Rejects with a `Failure`. */
  find(transport: string, user: BareJid, address: string, foreign: Surface['foreign']): Promise<Named>;
  /** Where commands of the gateway are called. */
  gateway(transport: string, user: BareJid): Place;
};

type Parts = {
  readonly ask: Core['ask'];
  readonly standing: Core['standing'];
  transport(domain: string): Pick<Transport, 'addresses'>;
};

export function openChatPlaces({ ask, standing, transport }: Parts): ChatPlaces {
  return {
    async find(domain, user, address, foreign) {
      const own = foreign(address);
      const { id, shown = id } =
        own === undefined ? await ask({ kind: 'resolve', text: address }, domain, user) : { id: own };
      const { kind, realm } = transport(domain).addresses.parse(id);
      const at = kind === 'realm' ? { kind, realm } : { kind, id };
      return { shown, room: kind === 'room', place: standing(user, domain, at).place };
    },
    gateway: (domain, user) => ({ kind: 'realm', account: accountKey(user, domain), realm: '' }),
  };
}
