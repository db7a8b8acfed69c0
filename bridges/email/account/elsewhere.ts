import type { ReadMail } from '#bridges/email/in/incoming.ts';
import type { MailboxOwner } from '#bridges/email/in/listener.ts';
import { mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import { withReference } from '#bridges/email/threads/state.ts';
import { plainSubject } from '#bridges/email/threads/subject.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { MailParser } from '#bridges/email/wire/mail.ts';
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
  for (const their of [...new Set(peers)].slice(0, MOST))
    await alone(owner.account, their, () => tell(transport, mail, { owner, their, text }));
}

async function tell(
  { host, state }: EmailTransport,
  { parsed, files }: ReadMail,
  { owner, their, text }: { readonly owner: MailboxOwner; readonly their: string; readonly text: string },
): Promise<void> {
  const { account, address } = owner;
  const { messageId } = parsed;
  if ((await state.placed(account, their, messageId)) !== undefined) return;
  const about = [...parsed.inReplyTo, ...parsed.references.toReversed()].slice(0, 5);
  const placed = await Promise.all(about.map((id) => state.placed(account, their, id)));
  const at = placed.findIndex((one) => one !== undefined);
  const thread = placed[at]?.thread ?? state.mac('thread', account, their, messageId);
  const [known, peer] = await Promise.all([state.thread(account, their, thread), state.peer(account, their)]);
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
  await host.emit(
    [message, ...attached],
    [
      state.writeThread(account, their, thread, {
        ...known,
        ...(known.subject === undefined && subject !== '' && { subject }),
        references: withReference(known.references, messageId),
      }),
      state.writePeer(account, their, { ...peer, thread, introduced: true }),
      state.writePlaced(account, their, messageId, { thread, hash: '', at: host.clock.now() }),
    ],
  );
}
