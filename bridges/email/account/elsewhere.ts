import type { ReadMail } from '#bridges/email/in/incoming.ts';
import type { MailboxOwner } from '#bridges/email/in/listener.ts';
import { mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import { withReference } from '#bridges/email/threads/state.ts';
import { plainSubject } from '#bridges/email/threads/subject.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { MailParser } from '#bridges/email/wire/mail.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';

/** More recipients than these have not been written to as persons. */
const MOST = 5;

/** Tells a user what they have written in another mail program: in the conversation of each to whom it went. Resolves once it is durable. */
export async function tellElsewhere(
  transport: EmailTransport,
  parser: Pick<MailParser, 'clean'>,
  mail: ReadMail,
  owner: MailboxOwner,
): Promise<void> {
  const { config, alone } = transport;
  const { parsed } = mail;
  if (!isMessageId(parsed.messageId) || parsed.automation !== undefined) return;
  const { text } = await parser.clean(parsed, []);
  const all = parsed.to.map(({ address }) => mailboxOf(address) ?? '');
  const peers = all.filter((one) => one !== '' && one !== owner.address && !one.endsWith(`@${config.domain}`));
  for (const their of [...new Set(peers)].slice(0, MOST)) {
    const told = { owner, their, text };
    const written = await alone(owner.account, their, () => draftsOf(transport, mail, told));
    // It waits for what is on its way there, which needs that conversation for itself.
    if (!written.known) await transport.host.emit(written.drafts, [placedOf(transport, mail, told, written.thread)]);
    await alone(owner.account, their, () => noteThread(transport, mail, told, written.thread));
  }
}

type Told = { readonly owner: MailboxOwner; readonly their: string; readonly text: string };

/** `known`: it was told before. */
type Written = { readonly thread: string; readonly known: boolean; readonly drafts: readonly Draft[] };

async function draftsOf(
  { host, state }: EmailTransport,
  { parsed, files }: ReadMail,
  { owner, their, text }: Told,
): Promise<Written> {
  const { account, address } = owner;
  const { messageId } = parsed;
  const before = await state.placed(account, their, messageId);
  if (before !== undefined) return { thread: before.thread, known: true, drafts: [] };
  const about = [...parsed.inReplyTo, ...parsed.references.toReversed()].slice(0, 5);
  const placed = await Promise.all(about.map((id) => state.placed(account, their, id)));
  const at = placed.findIndex((one) => one !== undefined);
  const thread = placed[at]?.thread ?? state.mac('thread', account, their, messageId);
  const known = await state.thread(account, their, thread);
  const subject = plainSubject(parsed.subject);
  const isFresh = subject !== '' && subject !== plainSubject(known.subject);
  const head = {
    place: { kind: 'contact', account, id: their },
    from: { kind: 'network', id: address, self: true },
    ...(parsed.date !== undefined && host.clock.now() - parsed.date > 120_000 && { at: parsed.date }),
    kind: 'message',
    style: 'plain',
    thread,
  } as const;
  const message: Draft = {
    ...head,
    ids: [messageId as ForeignId],
    text: isFresh ? `${subject}\n${text}` : text,
    ...(isFresh && { subject }),
    ...(at >= 0 && parsed.inReplyTo.includes(about[at] ?? '') && { replyTo: about[at] as ForeignId }),
  };
  const attached = files.flatMap(({ ref }, index): Draft[] =>
    ref ? [{ ...head, ids: [`${messageId}/${index + 1}` as ForeignId], text: '', files: [ref] }] : [],
  );
  return { thread, known: false, drafts: [message, ...attached] };
}

const placedOf = (
  { host, state }: EmailTransport,
  { parsed }: ReadMail,
  { owner, their }: Told,
  thread: string,
): StateWrite => state.writePlaced(owner.account, their, parsed.messageId, { thread, hash: '', at: host.clock.now() });

/** What answers go on from: once, also where the mail lies in several folders. */
async function noteThread(
  { host, state }: EmailTransport,
  { parsed }: ReadMail,
  { owner: { account }, their }: Told,
  thread: string,
): Promise<void> {
  const subject = plainSubject(parsed.subject);
  const [known, peer] = await Promise.all([state.thread(account, their, thread), state.peer(account, their)]);
  if (known.references.includes(parsed.messageId)) return;
  await host.state.write([
    state.writeThread(account, their, thread, {
      ...known,
      ...(known.subject === undefined && subject !== '' && { subject }),
      references: withReference(known.references, parsed.messageId),
    }),
    state.writePeer(account, their, { ...peer, thread, introduced: true }),
  ]);
}
