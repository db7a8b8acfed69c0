// XEP-0199: XMPP Ping, version 2.0.1.
import { Failure } from '#src/model/failure.ts';
import { answerSelfPing } from '#src/xmpp/muc/self-ping.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request, Route } from './extension.ts';
import { type AskedPerson, askPerson } from './person.ts';

/** XEP-0199 §4.2: the answer to a ping is an empty result. Rooms have more to say about it. */
const answer: Route = (request) => {
  if (request.kind === 'contact') return askPerson(request, pinged);
  if (request.kind !== 'room' && request.kind !== 'occupant') return undefined;
  return answerSelfPing(request) === 'other' ? askPerson(request, pinged) : undefined;
};

/** A person's own client answers where the network can ask it; else the gateway does, or says that nobody can be asked. */
async function pinged({ core, user, view, kind }: Request, { realm, who }: AskedPerson): Promise<undefined> {
  try {
    await core.ask({ kind: 'ping', realm, who }, view.transport.domain, user);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'not-supported') throw error;
    if (kind === 'occupant') throw new Failure('service-unavailable');
  }
}

const PING = 'urn:xmpp:ping';

export const ping: Extension = {
  xep: { number: '0199', title: 'XMPP Ping', version: '2.0.1' },
  features: { gateway: [PING], realm: [PING], room: [PING], contact: [PING] },
  iq: { [`get/${PING} ping`]: answer },
};

/** Our own ping, for `alive` (§4.1). */
export const pingElement = xml`<ping xmlns='urn:xmpp:ping'/>`;
