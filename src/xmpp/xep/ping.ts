// XEP-0199: XMPP Ping, version 2.0.1.
import { answerSelfPing } from '#src/xmpp/muc/self-ping.ts';
import { xml } from '#src/xmpp/xml.ts';
import type { Extension, Route } from './extension.ts';

/** XEP-0199 §4.2: the answer to a ping is an empty result. Rooms have more to say about it. */
const answer: Route = (request) => {
  if (request.kind === 'room' || request.kind === 'occupant') answerSelfPing(request);
  return undefined;
};

const PING = 'urn:xmpp:ping';

export const ping: Extension = {
  xep: { number: '0199', title: 'XMPP Ping', version: '2.0.1' },
  features: { gateway: [PING], realm: [PING], room: [PING], contact: [PING] },
  routes: { [`get/${PING} ping`]: answer },
};

/** Our own ping, for `alive` (§4.1). */
export const pingElement = xml`<ping xmlns='urn:xmpp:ping'/>`;
