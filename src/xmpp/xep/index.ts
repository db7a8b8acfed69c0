import { roomAvatars } from '#src/xmpp/muc/avatar.ts';
import { muc } from '#src/xmpp/muc/disco.ts';
import { invitations } from '#src/xmpp/muc/invite.ts';
import { selfPing } from '#src/xmpp/muc/self-ping.ts';
import { administration } from './administration.ts';
import { attention } from './attention.ts';
import { avatarConversion } from './avatar-conversion.ts';
import { bitsOfBinary } from './bits-of-binary.ts';
import { blocking } from './blocking.ts';
import { bookmarks } from './bookmarks.ts';
import { callInvites } from './call-invites.ts';
import { caps } from './caps.ts';
import { carbons } from './carbons.ts';
import { channelSearch } from './channel-search.ts';
import { chatStates } from './chat-states.ts';
import { commands } from './commands.ts';
import { contactAddresses } from './contact-addresses.ts';
import { correction } from './correction.ts';
import { dataForms } from './data-forms.ts';
import { dataPolicy } from './data-policy.ts';
import { dateTimes } from './datetime.ts';
import { delay } from './delay.ts';
import { disco } from './disco.ts';
import { discoExtensions } from './disco-extensions.ts';
import { displayedSynchronization } from './displayed-synchronization.ts';
import { encryptedFiles } from './encrypted-files.ts';
import { encryption } from './encryption.ts';
import type { Extension } from './extension.ts';
import { fallback } from './fallback.ts';
import { fileMetadata } from './file-metadata.ts';
import { fileSharing } from './file-sharing.ts';
import { forwarding } from './forwarding.ts';
import { gatewayPrompt } from './gateway.ts';
import { hashes } from './hashes.ts';
import { hats } from './hats.ts';
import { hints } from './hints.ts';
import { httpUpload } from './http-upload.ts';
import { idle } from './idle.ts';
import { jidEscaping } from './jid-escaping.ts';
import { jingleMessage } from './jingle-message.ts';
import { lastActivity } from './last-activity.ts';
import { mam } from './mam.ts';
import { markers } from './markers.ts';
import { markup } from './markup.ts';
import { meCommand } from './me-command.ts';
import { mediaElement } from './media-element.ts';
import { mediaSharing } from './media-sharing.ts';
import { mentions } from './mentions.ts';
import { moderation } from './moderation.ts';
import { nick } from './nick.ts';
import { occupantId } from './occupant-id.ts';
import { omemoMedia } from './omemo-media.ts';
import { outOfBand } from './out-of-band.ts';
import { pep } from './pep.ts';
import { ping } from './ping.ts';
import { privilege } from './privilege.ts';
import { reactions } from './reactions.ts';
import { receipts } from './receipts.ts';
import { register } from './register.ts';
import { replies } from './replies.ts';
import { retraction } from './retraction.ts';
import { rosterExchange } from './roster-exchange.ts';
import { resultSets } from './rsm.ts';
import { serviceOutage } from './service-outage.ts';
import { softwareInformation } from './software-information.ts';
import { spoilers } from './spoilers.ts';
import { stanzaIds } from './stanza-ids.ts';
import { stickers } from './stickers.ts';
import { styling } from './styling.ts';
import { thumbnails } from './thumbnails.ts';
import { userAvatar } from './user-avatar.ts';
import { userSearch } from './user-search.ts';
import { validation } from './validation.ts';
import { vcard } from './vcard.ts';
import { vcardAvatar } from './vcard-avatar.ts';
import { vcard4 } from './vcard4.ts';
import { softwareVersion } from './version.ts';
import { xhtmlIm } from './xhtml-im.ts';

/**
 * All that this edge implements. Stanzas are read and written, requests routed and features advertised from this list
 * and from nothing else, in its order.
 */
export const extensions: readonly Extension[] = [
  disco,
  // What is refused before anything else is looked at.
  encryption,
  omemoMedia,
  encryptedFiles,
  // What is no message: an invitation, a call.
  invitations,
  jingleMessage,
  callInvites,
  // What is about an earlier message.
  moderation,
  retraction,
  reactions,
  correction,
  // What a message has beside its text.
  replies,
  fileMetadata,
  thumbnails,
  fileSharing,
  mediaSharing,
  outOfBand,
  stickers,
  dataForms,
  mentions,
  spoilers,
  muc,
  // What has a meaning of its own where nothing else is said.
  attention,
  markers,
  receipts,
  chatStates,
  // The text.
  fallback,
  styling,
  markup,
  xhtmlIm,
  meCommand,
  // What goes with every message.
  nick,
  stanzaIds,
  occupantId,
  hats,
  carbons,
  privilege,
  hints,
  delay,
  // What discovery says in forms.
  discoExtensions,
  contactAddresses,
  softwareInformation,
  dataPolicy,
  serviceOutage,
  // Requests.
  softwareVersion,
  lastActivity,
  vcard,
  vcard4,
  pep,
  userAvatar,
  vcardAvatar,
  avatarConversion,
  jidEscaping,
  ping,
  selfPing,
  roomAvatars,
  mam,
  register,
  gatewayPrompt,
  channelSearch,
  userSearch,
  commands,
  administration,
  bitsOfBinary,
  blocking,
  // What others stand on.
  resultSets,
  forwarding,
  dateTimes,
  httpUpload,
  hashes,
  validation,
  mediaElement,
  // In presence.
  idle,
  caps,
  // What is done at users' own servers.
  rosterExchange,
  bookmarks,
  displayedSynchronization,
];
