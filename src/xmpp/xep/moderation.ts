// XEP-0425: Moderated Message Retraction, version 0.3.0; its requests and notices of version 0.2.1 too.

import { lineTexts as texts } from '#mappings/texts/lines.ts';
import { Failure } from '#src/model/failure.ts';
import type { XmppId } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { insideRoom } from '#src/xmpp/muc/occupancy.ts';
import { bodyElements } from '#src/xmpp/stanza/body.ts';
import { occupantJid, splitJid } from '#src/xmpp/stanza/jid.ts';
import { partyOf } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import { aboutId, carriedIn, type Extension, languageIn, type Request, type Route } from './extension.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
const MODERATE = 'urn:xmpp:message-moderate:1';
/** Of version 0.2, with XEP-0422 around it. */
const MODERATE_0 = 'urn:xmpp:message-moderate:0';

export const moderation: Extension = {
  xep: { number: '0425', title: 'Moderated Message Retraction', version: '0.3.0' },
  // §3
  features: (transport) => ({ room: carriedIn(transport, 'retract', MODERATE, MODERATE_0).room ?? [] }),
  iq: {
    [`set/${MODERATE} moderate`]: (request) => moderate(request, request.payload.attrs.id, request.payload),
    'set/urn:xmpp:fasten:0 apply-to': olderRequest,
  },
  sends: {
    // §4.1: the room says it, and names who did it.
    retract(event, context) {
      const { by, reason } = event;
      const { place, inRoom, marks, to } = context;
      if (!inRoom || by === undefined) return undefined;
      const id = aboutId(event, context);
      const moderator = occupantJid(place, by);
      const why = reason === undefined ? undefined : xml`<reason>${reason}</reason>`;
      const removed = reason ? texts.removedFor(by, reason) : texts.removed(by);
      const words = wordsIn(removed, languageIn(event.place, marks));
      const children: Xml[] = [
        ...bodyElements(undefined, [{ of: RETRACT, text: words, at: 'end' }]),
        xml`<retract xmlns='urn:xmpp:message-retract:1' id='${id}'><moderated xmlns='urn:xmpp:message-moderate:1' by='${moderator}'/>${why}</retract>`,
        xml`<apply-to xmlns='urn:xmpp:fasten:0' id='${id}'><moderated xmlns='urn:xmpp:message-moderate:0' by='${moderator}'><retract xmlns='urn:xmpp:message-retract:0'/>${why}</moderated></apply-to>`,
      ];
      const jids = to.map(({ jid }) => jid);
      return [{ name: 'message', type: 'groupchat', id: marks.id ?? event.id, from: place, to: jids, children }];
    },
  },
};

function olderRequest(request: Request): ReturnType<Route> {
  const inside = childOf(request.payload, 'moderate', MODERATE_0);
  if (!inside) throw new Failure('service-unavailable');
  return moderate(request, request.payload.attrs.id, inside);
}

/** §4: a moderator has a message of somebody removed. */
async function moderate(request: Request, id: string | undefined, moderation: Request['payload']): Promise<undefined> {
  const { core, from, user, view } = request;
  const { place, nick } = insideRoom(request);
  const retracts = moderation.getChildElements().some((child) => child.getName() === 'retract');
  if (id === undefined || !retracts) throw new Failure('bad-request');
  const self = [...core.rooms.occupants(place)].find((one) => one.nick === nick);
  // §4.2: only moderators may.
  if (self?.role !== 'moderator') throw new Failure('not-permitted');
  // §4.3: one that is not there is not found.
  if (view.transport.history.record) await core.archived(place, user, [id]);
  const reason = moderation.getChildText('reason') || undefined;
  const because = reason === undefined ? {} : { reason };
  const party = partyOf(splitJid(from));
  await core.perform([{ kind: 'retract', target: id as XmppId, by: nick, ...because, place, from: party }], from);
}
