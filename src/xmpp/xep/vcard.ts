// XEP-0054: vcard-temp, version 1.3.0: what a network says of a person.
import { roomCard } from '#src/xmpp/muc/avatar.ts';
import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request, Route } from './extension.ts';
import { type AskedPerson, askPerson } from './person.ts';

const answer: Route = (request) => {
  if (request.kind === 'room') return roomCard(request);
  if (request.kind === 'occupant') askedOccupant(request, 'not-joined');
  return askPerson(request, card);
};

/** The name, the name on the network, and everything else in words. */
async function card({ core, user, view }: Request, { realm, who }: AskedPerson): Promise<Xml> {
  const { name, facts } = await core.ask({ kind: 'profile', realm, who }, view.transport.domain, user);
  const words = Object.entries(facts).map(([fact, value]) => `${fact}: ${value}`);
  const known = words.length === 0 ? undefined : xml`<DESC>${words.join('\n')}</DESC>`;
  return xml`<vCard xmlns='vcard-temp'><FN>${name ?? who}</FN><NICKNAME>${who}</NICKNAME>${known}</vCard>`;
}

export const vcard: Extension = {
  xep: { number: '0054', title: 'vcard-temp', version: '1.3.0' },
  iq: { 'get/vcard-temp vCard': answer },
};
