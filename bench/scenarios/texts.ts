import { roomJid, userJid } from '../load/world.ts';

/** The size of a stanza, in bytes. */
const STANZA = 316;
const FILLER = 'The quick brown fox jumps over the lazy dog while nobody is looking at either of them. '.repeat(4);

/** Message `number` of a user to a channel: the number is what the body begins with. */
export function stanza(user: number, channel: string, number: number): string {
  const id = `m${user}-${number}`;
  const head = `<message from='${userJid(user)}' to='${roomJid(channel)}' type='groupchat' id='${id}'><body>${number} `;
  const tail = `</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`;
  return head + FILLER.slice(0, Math.max(STANZA - head.length - tail.length, 8)) + tail;
}

/** Message `number` to a channel on IRC, from somebody who has no XMPP account. */
export const line = (channel: string, number: number): string =>
  `:talker!~t@host.example PRIVMSG ${channel} :${number} ${FILLER.slice(0, 110)}`;

/** Channel `n` is the room of lane `n`. */
export const channelOf = (lane: number): string => `#c${lane}`;
