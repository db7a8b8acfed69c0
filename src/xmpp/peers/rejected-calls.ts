import { randomUUID } from 'node:crypto';
import type { Origin } from '#src/core/index.ts';
import { speakingJid, splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';
import { rejectedInvite } from '#src/xmpp/xep/call-invites.ts';
import { hintElements } from '#src/xmpp/xep/hints.ts';
import { rejectedProposal } from '#src/xmpp/xep/jingle-message.ts';

/** What the client of a caller understands beside the error: its attributes and children; nothing for what is no call. */
export function rejectedCall({ call, from, to }: Origin, why: string) {
  if (!call) return undefined;
  const { id, by } = call;
  const head = { from: speakingJid(to), to: splitJid(from).bare, type: 'chat', id: randomUUID() };
  // XEP-0353 §3: archives keep what becomes of calls.
  const children: Xml[] = [
    by === 'proposal' ? rejectedProposal(id, why) : rejectedInvite(id),
    ...hintElements({ store: true }),
  ];
  return { head, children };
}
