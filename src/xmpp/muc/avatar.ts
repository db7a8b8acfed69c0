// XEP-0486: MUC Avatars, version 0.1.0.
import { createHash } from 'node:crypto';
import type { Element } from 'ltx';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import type { Avatar } from '#src/model/avatar.ts';
import { Failure } from '#src/model/failure.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { partyOf } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, ownText } from '#src/xmpp/xep/elements.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { insideRoom } from './occupancy.ts';
import { pictureOf } from './room-info.ts';

const VCARD = 'vcard-temp';

/** Pictures of rooms where their network has them. The presence of a room itself is not sent: clients stumble over it (§6.2). */
export const roomAvatars: Extension = {
  xep: { number: '0486', title: 'MUC Avatars', version: '0.1.0' },
  // §4.1: of the service, too.
  features: ({ advertised }) =>
    advertised.extras.includes('pictures') ? { gateway: [VCARD], realm: [VCARD], room: [VCARD] } : {},
  iq: { [`set/${VCARD} vCard`]: publish },
};

/** §4.4: the picture of a room as its vCard. */
export async function roomCard(request: Request): Promise<Xml> {
  if (!request.view.transport.advertised.extras.includes('pictures')) throw new Failure('service-unavailable');
  return xml`<vCard xmlns='vcard-temp'>${photo(await pictureOf(request))}</vCard>`;
}

function photo(avatar: Avatar | undefined): Xml | undefined {
  if (!avatar) return undefined;
  const type = avatar.type === undefined ? undefined : xml`<TYPE>${avatar.type}</TYPE>`;
  return 'data' in avatar
    ? xml`<PHOTO>${type}<BINVAL>${avatar.data}</BINVAL></PHOTO>`
    : xml`<PHOTO>${type}<EXTVAL>${avatar.url}</EXTVAL></PHOTO>`;
}

/** §4.2: whoever may gives the room a picture, or takes it away with an empty card. */
async function publish(request: Request): Promise<undefined> {
  const { view, core, from } = request;
  if (request.kind !== 'room' || !view.transport.advertised.extras.includes('pictures'))
    throw new Failure('service-unavailable');
  const { place } = insideRoom(request);
  const avatar = avatarIn(request.payload);
  const draft = { kind: 'room', change: 'avatar', place, from: partyOf(splitJid(from)) } as const;
  await core.perform([avatar ? { ...draft, avatar } : draft], from);
}

function avatarIn(card: Element): Avatar | undefined {
  const picture = childOf(card, 'PHOTO', VCARD);
  if (!picture) return undefined;
  const data = ownText(picture, 'BINVAL')?.replace(/\s+/g, '') ?? '';
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length === 0 || bytes.toString('base64').replace(/=+$/, '') !== data.replace(/=+$/, ''))
    throw new Failure('bad-request', { text: texts.noPicture });
  const type = ownText(picture, 'TYPE') ?? 'image/png';
  if (!/^image\/[a-z0-9.+-]{1,40}$/i.test(type)) throw new Failure('not-acceptable', { text: texts.noImage });
  return {
    sha1: createHash('sha1').update(bytes).digest('hex'),
    type: type.toLowerCase(),
    data: bytes.toString('base64'),
  };
}
