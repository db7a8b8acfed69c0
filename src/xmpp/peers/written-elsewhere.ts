import type { Element } from 'ltx';
import type { Origin } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event } from '#src/model/event.ts';
import { splitAccount } from '#src/model/ids.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Sending } from '#src/xmpp/xep/extension.ts';
import { grantOf, type Privilege, privileged } from '#src/xmpp/xep/privilege.ts';

/** Ids of messages that come back; a server passes them on at once. */
const ECHOES = 1000;

/**
 * What users have written to a person in other clients of that person's network. Where their server lets us, it is written
 * in their name: it is a carbon for their clients then, and in their archive. Elsewhere they are told of it by the person's
 * address, in words that say so.
 */
export function openWrittenElsewhere() {
  /** By the domain of users, and the domain of ours that may. */
  const grants = new Map<string, Privilege>();
  const echoes = openRecent<true>(ECHOES);
  const keyOf = (from: string, to: string): string => `${from} ${to}`;

  return {
    /** Takes what servers say of our rights, and what comes back to us of what was written in a user's name. */
    takes(stanza: Element, { from, to, id }: Origin): boolean {
      const { local, domain, bare } = splitJid(from);
      if (id !== undefined && echoes.get(keyOf(bare, id))) return true;
      if (local !== '' || splitJid(to).local !== '') return false;
      const grant = grantOf(stanza);
      if (grant === undefined) return false;
      if (grant === null) grants.delete(keyOf(domain, to));
      else grants.set(keyOf(domain, to), grant);
      return true;
    },

    /** What is written of an event, where it is one of these. Only what is a message is told at all. */
    sendings(event: Event, addresses: Addresses): readonly Sending[] | undefined {
      const { place, from } = event;
      if (place.kind !== 'contact' || from.kind !== 'network' || !from.self) return undefined;
      const { user, transport } = splitAccount(place.account);
      const { domain } = splitJid(user);
      const namespace = grants.get(keyOf(domain, transport));
      const told = namespace || event.kind !== 'message' ? event : { ...event, text: `(from you) ${event.text}` };
      const messages = (encode(told, [{ jid: user }], addresses) ?? []).filter(({ name }) => name === 'message');
      if (!namespace) return event.kind === 'message' ? messages : [];
      return messages.map(({ from: speaking, id = event.id, children }) => {
        const to = splitJid(speaking).bare;
        echoes.set(keyOf(user, id), true);
        return {
          name: 'message',
          from: transport,
          to: [domain],
          id,
          children: [privileged({ to, id, children }, { user, namespace })],
        };
      });
    },
  };
}
