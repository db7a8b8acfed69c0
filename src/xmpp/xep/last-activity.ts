// XEP-0012: Last Activity, version 2.0.
import { Failure } from '#src/model/failure.ts';
import { targetPlace } from '#src/xmpp/stanza/target.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Route } from './extension.ts';

const LAST = 'jabber:iq:last';

/** §4: how long somebody is away or has done nothing; §5: how long the gateway runs. For who sees their presence. */
const answer: Route = async ({ kind, target, view, user, core }) => {
  if (kind !== 'contact' && kind !== 'gateway') throw new Failure('service-unavailable');
  const known = await core.lastActivity(targetPlace(view, target, user));
  return xml`<query xmlns='jabber:iq:last' seconds='${Math.max(0, Math.floor(known / 1000))}'/>`;
};

export const lastActivity: Extension = {
  xep: { number: '0012', title: 'Last Activity', version: '2.0' },
  features: { gateway: [LAST], contact: [LAST] },
  iq: { [`get/${LAST} query`]: answer },
};
