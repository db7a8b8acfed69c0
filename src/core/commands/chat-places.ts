import type { Core } from '#src/core/index.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';

/** A place that somebody has named in words. */
export type Named = { readonly id: string; readonly room: boolean; readonly place: Place };

/** How places are named in a chat. */
export type ChatPlaces = {
  /** The place of an address as people have it. Rejects with a `Failure`. */
  find(transport: string, user: BareJid, address: string): Promise<Named>;
  /** Where commands of the gateway are called. */
  gateway(transport: string, user: BareJid): Place;
};

type Parts = {
  readonly ask: Core['ask'];
  transport(domain: string): Pick<CoreTransport, 'addresses' | 'mapping'>;
};

export function openChatPlaces({ ask, transport }: Parts): ChatPlaces {
  return {
    async find(domain, user, address) {
      const { id } = await ask({ kind: 'resolve', text: bare(address, domain) }, domain, user);
      const { addresses, mapping } = transport(domain);
      const room = addresses.parse(id).kind === 'room';
      const account = accountKey(user, domain);
      if (!room) return { id, room, place: { kind: 'contact', account, id } };
      const shared = mapping.facts.rooms === 'shared';
      return { id, room, place: shared ? { kind: 'shared', transport: domain, id } : { kind: 'room', account, id } };
    },
    gateway: (domain, user) => ({ kind: 'realm', account: accountKey(user, domain), realm: '' }),
  };
}

/** An address of this gateway, or a link to one, is copied as readily as one of the network (RFC 5122 §2.2). */
function bare(address: string, domain: string): string {
  const text = address.replace(/^xmpp:/i, '').replace(/\?[a-z].*$/i, '');
  return text.endsWith(`@${domain}`) ? text.slice(0, -domain.length - 1) : address;
}
