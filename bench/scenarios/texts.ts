import { contactJid, roomJid, userJid } from '../load/world.ts';

/** The size of a stanza, in bytes. */
const STANZA = 316;
const FILLER = 'The quick brown fox jumps over the lazy dog while nobody is looking at either of them. '.repeat(4);

/** Somebody on IRC without an XMPP account. */
export const TALKER = 'talker';

/** Message `number` of a user to a channel: the number is what the body begins with. */
export function stanza(user: number, channel: string, number: number): string {
  const id = `m${user}-${number}`;
  const head = `<message from='${userJid(user)}' to='${roomJid(channel)}' type='groupchat' id='${id}'><body>${number} `;
  const tail = `</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`;
  return head + FILLER.slice(0, Math.max(STANZA - head.length - tail.length, 8)) + tail;
}

/** Private message `number` of a user, who asks for a receipt (XEP-0184) as clients do. */
export function privateStanza(user: number, number: number): string {
  const id = `m${user}-${number}`;
  const head = `<message from='${userJid(user)}' to='${contactJid(TALKER)}' type='chat' id='${id}'><body>${number} `;
  const tail = `</body><request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`;
  return head + FILLER.slice(0, Math.max(STANZA - head.length - tail.length, 8)) + tail;
}

/** Private message `number` to a user of ours, who has that nick on IRC. */
export const privateLine = (nick: string, number: number): string =>
  `:${TALKER}!~t@host.example PRIVMSG ${nick} :${number} ${FILLER.slice(0, 110)}`;

/** Message `number` to a channel on IRC, from somebody who has no XMPP account. */
export const line = (channel: string, number: number): string =>
  `:${TALKER}!~t@host.example PRIVMSG ${channel} :${number} ${FILLER.slice(0, 110)}`;

/** Channel `n` is the room of lane `n`. */
export const channelOf = (lane: number): string => `#c${lane}`;
