import { muc } from '#src/xmpp/muc/disco.ts';
import { invitations } from '#src/xmpp/muc/invite.ts';
import { selfPing } from '#src/xmpp/muc/self-ping.ts';
import { carbons } from './carbons.ts';
import { correction } from './correction.ts';
import { dataForms } from './data-forms.ts';
import { delay } from './delay.ts';
import { disco } from './disco.ts';
import { encryption } from './encryption.ts';
import type { Extension } from './extension.ts';
import { fallback } from './fallback.ts';
import { gatewayPrompt } from './gateway.ts';
import { hints } from './hints.ts';
import { jidEscaping } from './jid-escaping.ts';
import { mam } from './mam.ts';
import { meCommand } from './me-command.ts';
import { ping } from './ping.ts';
import { receipts } from './receipts.ts';
import { register } from './register.ts';
import { retraction } from './retraction.ts';
import { stanzaIds } from './stanza-ids.ts';
import { vcard } from './vcard.ts';
import { softwareVersion } from './version.ts';

/**
 * All that this edge implements. Stanzas are read and written, requests routed and features advertised from this list
 * and from nothing else, in its order: what is refused, invitations, what changes an earlier message, what a message
 * has beside its text, the text, and what goes with every message.
 */
export const extensions: readonly Extension[] = [
  disco,
  encryption,
  invitations,
  correction,
  retraction,
  dataForms,
  muc,
  fallback,
  meCommand,
  receipts,
  stanzaIds,
  carbons,
  hints,
  delay,
  softwareVersion,
  vcard,
  jidEscaping,
  ping,
  selfPing,
  mam,
  register,
  gatewayPrompt,
];
