// XEP-0092: Software Version, version 1.1.

import { Failure } from '#src/model/failure.ts';
import { xml } from '#src/xmpp/xml.ts';
import type { Extension, Route } from './extension.ts';

const VERSION = 'jabber:iq:version';

/** XEP-0092 §4: name and version; the operating system is nobody's business. */
const answer: Route = ({ kind, version }) => {
  if (kind === 'contact' || kind === 'occupant') throw new Failure('service-unavailable');
  return xml`<query xmlns='jabber:iq:version'><name>Isthmus</name><version>${version}</version></query>`;
};

export const softwareVersion: Extension = {
  xep: { number: '0092', title: 'Software Version', version: '1.1' },
  features: { gateway: [VERSION], realm: [VERSION], room: [VERSION] },
  routes: { [`get/${VERSION} query`]: answer },
};
