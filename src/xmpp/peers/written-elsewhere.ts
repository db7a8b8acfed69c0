import type { Element } from 'ltx';
import { lineTexts } from '#mappings/texts/lines.ts';
import type { Origin } from '#src/core/index.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event } from '#src/model/event.ts';
import { type BareJid, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Sending, Written } from '#src/xmpp/xep/extension.ts';
import { privileged } from '#src/xmpp/xep/privilege.ts';
import type { Privileges } from './privileges.ts';

/** Ids of messages that come back; a server passes them on at once. */
const ECHOES = 1000;

/**
 * What users have written to a person in other clients of that person's network. Where their server lets us, it is written
 * in their name: it is a carbon for their clients then, and in their archive. Elsewhere, and where the server takes that back,
 * they are told of it by the person's address, in words that say so.
 */
export function openWrittenElsewhere(privileges: Pick<Privileges, 'of'>, speaks: Speaks) {
  const echoes = openRecent<true>(ECHOES);
  /** What is told in words where the server refuses, by that server and the id. */
  const sent = openRecent<{ readonly event: Event; readonly addresses: Addresses }>(ECHOES);
  const keyOf = (from: string, to: string): string => `${from} ${to}`;

  return {
    /** Takes what comes back to us of what was written in a user's name. */
    takes: ({ from, id }: Pick<Origin, 'from' | 'id'>): boolean =>
      id !== undefined && !echoes.isEmpty && echoes.get(keyOf(splitJid(from).bare, id)) === true,

    /** What is written in place of a message that the server of the user has refused to pass on. */
    refused({ attrs: { from = '', to = '', id = '' } }: Element): readonly Sending[] | undefined {
      if (from.includes('@')) return undefined;
      const refused = sent.get(`${from} ${keyOf(to, id)}`);
      return refused && inWords(refused.event, refused.addresses, speaks);
    },

    /** What is written of an event, where it is one of these. Only what is a message is told at all. */
    sendings(event: Event, addresses: Addresses): readonly Sending[] | undefined {
      const { place, from } = event;
      if (place.kind !== 'contact' || from.kind !== 'network' || !from.self) return undefined;
      const { user, transport } = splitAccount(place.account);
      const grant = privileges.of({ user: user as BareJid, transport });
      if (!grant?.messages) return inWords(event, addresses, speaks);
      return messages(event, addresses).map(({ from: speaking, id = event.id, children }) => {
        const to = splitJid(speaking).bare;
        echoes.set(keyOf(user, id), true);
        const server = splitJid(user).domain;
        sent.set(`${server} ${keyOf(transport, id)}`, { event, addresses });
        return {
          name: 'message',
          from: transport,
          to: [server],
          id,
          children: [privileged({ to, id, children }, { user, namespace: grant.namespace })],
        };
      });
    },
  };
}

/** What is written to the user of an event with a person. */
function messages(event: Event, addresses: Addresses): readonly Sending[] {
  if (event.place.kind === 'shared') return [];
  const { user } = splitAccount(event.place.account);
  return (encode(event, [{ jid: user }], addresses) ?? []).filter(({ name }) => name === 'message');
}

const inWords = (event: Event, addresses: Addresses, speaks: Speaks): readonly Sending[] =>
  event.kind === 'message'
    ? messages({ ...event, text: wordsIn(lineTexts.fromYou(event.text), speaks(event.place)) }, addresses)
    : [];

type Speaks = NonNullable<Written['speaks']>;
