// XEP-0092: Software Version, version 1.1.
import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request, Route } from './extension.ts';
import { type AskedPerson, askPerson } from './person.ts';

const VERSION = 'jabber:iq:version';

/** XEP-0092 §4: name and version; the operating system is nobody's business. */
const answer: Route = (request) => {
  const { kind, service } = request;
  if (kind === 'occupant') askedOccupant(request, 'not-joined');
  if (kind === 'contact' || kind === 'occupant') return askPerson(request, asked);
  return xml`<query xmlns='jabber:iq:version'><name>Isthmus</name><version>${service.version}</version></query>`;
};

async function asked({ core, user, view }: Request, { realm, who }: AskedPerson): Promise<Xml> {
  const { name, version } = await core.ask({ kind: 'version', realm, who }, view.transport.domain, user);
  return xml`<query xmlns='jabber:iq:version'><name>${name}</name><version>${version}</version></query>`;
}

export const softwareVersion: Extension = {
  xep: { number: '0092', title: 'Software Version', version: '1.1' },
  features: { gateway: [VERSION], realm: [VERSION], room: [VERSION] },
  iq: { [`get/${VERSION} query`]: answer },
};
