import { type Json, objectOf, type RoomEvent, textOf } from './event.ts';
import { localOf } from './ids.ts';

/** What tells people that a room, or a person in it, is bridged (MSC2346), under its name and the one of the time before. */
export const BRIDGE_TYPES = ['m.bridge', 'uk.half-shot.bridge'] as const;
const OURS = 'org.isthmus';

/** What is bridged: `id` is its address on XMPP. */
export type Bridged = { readonly transport: string; readonly bot: string; readonly id: string };

/** The key of the state that says it: one for each gateway and address. Pure. */
export const bridgeKey = ({ transport, id }: Bridged): string => `${OURS}://xmpp/${transport}/${id}`;

/** The content of that state. Pure. */
export const bridgeContent = ({ transport, bot, id }: Bridged): Json => ({
  bridgebot: bot,
  protocol: { id: 'xmpp', displayname: 'XMPP', external_url: 'https://xmpp.org' },
  network: { id: transport, displayname: transport },
  channel: { id, displayname: id, external_url: `xmpp:${encodeURI(id)}` },
});

/** The JID of a room on a transport (XEP-0106). Pure. */
export const jidOfRoom = (room: string, transport: string): string =>
  `${localOf(room).replace(/[ "&'/:<>@]/g, (char) => `\\${char.charCodeAt(0).toString(16)}`)}@${transport}`;

/** Another bridge to XMPP that a room says it has: its user there, and the room of XMPP that this is, if it is one. */
export type OtherBridge = { readonly bot: string; readonly room?: string };

/**
 * Reads what a state says of another bridge to XMPP; nothing where it is about something else, or another gateway such as this, which
 * makes no room the same as one of XMPP. Pure.
 */
export function otherBridge({ type, stateKey = '', content }: RoomEvent): OtherBridge | undefined {
  if (!BRIDGE_TYPES.some((one) => one === type) || stateKey.startsWith(`${OURS}://`)) return undefined;
  const bot = textOf(content.bridgebot);
  if (objectOf(content.protocol).id !== 'xmpp' || bot === undefined) return undefined;
  const room = textOf(objectOf(content.channel).id);
  const isRoom = room !== undefined && /^[^\s"&'/:<>@\p{Cc}]{1,255}@[a-z0-9.-]{1,255}$/iu.test(room);
  return { bot, ...(isRoom && { room }) };
}

/** Whether a message was written on XMPP and put into its author's own mouth by another bridge. Pure. */
export const isPuppeted = (content: Json): boolean =>
  /xmpp|jabber/i.test(textOf(content['fi.mau.double_puppet_source']) ?? '');
