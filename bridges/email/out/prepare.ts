import type { MailForms } from '#bridges/email/forms/forms.ts';
import { texts } from '#bridges/email/texts.ts';
import { answeredBy } from '#bridges/email/threads/answer-loop.ts';
import { leaving, type MailPeer, type SentMail, stayed, withReference } from '#bridges/email/threads/state.ts';
import { envelopeIdOf, tokenLocalPart } from '#bridges/email/threads/user-address.ts';
import { type EmailTransport, nameIn, settingsOf, userMailbox } from '#bridges/email/transport.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { attachmentsOf } from './attachments.ts';
import { type ChangeContent, changeContent, type MailChange, textOf } from './changes.ts';
import { type ComposedMail, compose, isMessageId, messageIdOf, signed } from './compose.ts';
import { assertMeant } from './consent.ts';
import type { OutgoingEnvelope, Smarthost } from './smarthost.ts';
import type { Suppression } from './suppression.ts';

type MessageEvent = EventOf<'message'>;

/** Who sends from an address and over a server of their own. */
export type OwnSender = {
  readonly address: string;
  readonly submission: Smarthost;
  /** Keeps a copy of a mail that was sent. */
  keep(mail: Buffer): void;
};

/** What goes as one mail between an account and a peer: messages in a row, or a change of what was said before. */
export type MailContent = {
  readonly events: readonly [MessageEvent, ...MessageEvent[]] | readonly [MailChange];
  readonly account: AccountKey;
  readonly their: string;
  /** The mailbox of their own that it goes from, if not from the gateway. */
  readonly by?: OwnSender | undefined;
};

/** A mail that can go, and what is to be kept of it. */
export type PreparedMail = {
  readonly envelope: OutgoingEnvelope;
  readonly mail: Buffer;
  readonly token: string;
  readonly messageId: string;
  readonly sent: SentMail;
  readonly subject: string;
  /** Written once it was taken. */
  readonly after: readonly StateWrite[];
  readonly isChange: boolean;
  /** What its server has put in the place of `messageId`. */
  readonly messageIdThere?: string;
};

/** What a mail says, before it has an address. */
type Content = Omit<ChangeContent, 'thread' | 'inReplyTo'> & {
  readonly thread: string;
  readonly subject?: string;
  readonly inReplyTo?: string;
  readonly isChange: boolean;
};

const isMessages = (events: MailContent['events']): events is readonly [MessageEvent, ...MessageEvent[]] =>
  events[0].kind === 'message';

/** How an event of a mail with several is called: the last as the mail, those before it with their number. */
export const eventIdOf = (messageId: string, index: number, count: number): string =>
  index === count - 1 ? messageId : `${messageId}#${index + 1}`;

/** Makes the mails of an account, and keeps what they say. */
export function openPreparing(
  transport: EmailTransport,
  { suppression, forms }: { suppression: Suppression; forms: MailForms },
) {
  const { host, config, state, shown } = transport;

  /** The mail that an event was in, if it was: where nothing was heard of that it goes again as it was. */
  const mailOf = async (id: EventId): Promise<SentMail | undefined> => (await state.sent(state.mac('mail', id)))?.mail;

  /** Each message of a mail leads to it. */
  const writeSent = (account: AccountKey, mail: SentMail) =>
    mail.events.flatMap((id) => state.writeSent(account, state.mac('mail', id), mail));

  const tokenAddress = (token: string): string =>
    `${tokenLocalPart(token, state.mac('address', token))}@${config.domain}`;

  /** Makes the mail, and keeps what an answer to it needs: that has to be there before anybody can answer. */
  async function prepare(item: MailContent): Promise<PreparedMail> {
    const { events, account, their, by } = item;
    await suppression.check(account, their);
    const [first] = events;
    const before = await mailOf(first.id);
    const token = state.mac('mail', before?.events[0] ?? first.id);
    const sender = await senderOf(account, token, by);
    const settings = await settingsOf(transport, account);
    const name = nameIn(settings, account, { config, by });
    const language = host.language(account);
    const peer = await state.peer(account, their);
    const content = await contentOf(item, { peer, before });
    const thread = await state.thread(account, their, content.thread);
    await assertMeant(transport, account, their, { peer, thread });
    const usual = settings.subject || config.subject || wordsIn(texts.subject(name), language);
    const subject = content.subject ?? thread.subject ?? usual;
    const isAnswer = thread.answered && !/^re:/i.test(subject) && content.subject === undefined;
    const { inReplyTo } = content;
    const messageId = `${token}@${config.domain}`;
    const mail: ComposedMail = {
      from: { name, address: sender.address },
      to: [{ address: thread.replyTo ?? their }],
      ...(config.reply_to === 'token' && sender.isStrange && { replyTo: sender.bounces }),
      ...{ messageId, references: thread.references, html: settings.html, language, domain: config.domain },
      inReplyTo: inReplyTo !== undefined && isMessageId(inReplyTo) ? inReplyTo : thread.references.at(-1),
      ...{ chat: shown.of(account, their).chat ? {} : undefined, ...content.mail },
      subject: isAnswer ? `Re: ${subject}` : subject,
      below: content.isChange
        ? []
        : belowOf(account, {
            name,
            signature: settings.signature,
            introduced: !sender.isStrange || peer.introduced,
            their,
          }),
      date: host.clock.now(),
      ...(settings.read_receipts && !content.isChange && { readTo: sender.bounces }),
      ...(sender.isStrange && !peer.answered && { unsubscribe: oneClick(suppression.link(account, their)) }),
    };
    const made: SentMail = {
      ...{ their, thread: content.thread, at: host.clock.now(), text: content.mail.text, stage: 'begun' },
      ...{ events: before?.events ?? events.map(({ id }) => id), said: [...content.said] },
    };
    const sent = leaving(made, before);
    const placed = state.writePlaced(account, their, messageId, { thread: sent.thread, hash: '', at: sent.at });
    await host.emit([], [...writeSent(account, sent), placed, ...content.writes]);
    const success = events.some(({ confirm }) => confirm === true);
    return {
      envelope: { from: sender.bounces, to: mail.to[0]?.address ?? their, envelopeId: sender.envelopeId, success },
      mail: await signed(await compose(mail), sender.signing),
      ...{ token, messageId, sent, subject, after: content.after, isChange: content.isChange },
    };
  }

  /** What is remembered of an answer. Throws the `Failure` of one that would go on in a loop of programs (RFC 5321 §6.3). */
  function answeredIn(
    event: MessageEvent,
    account: AccountKey,
    { their, peer }: { readonly their: string; readonly peer: MailPeer },
  ): readonly StateWrite[] {
    if (!peer.answer || event.form) return [];
    const answer = answeredBy(peer.answer, event, config.answers_in_a_row);
    if (answer === 'loop') throw new Failure('policy-violation', { text: texts.answersItself(their) });
    return [state.writePeer(account, their, { ...peer, answer })];
  }

  /** By whose address a mail goes. Who writes from a mailbox of their own needs no introduction, and their server signs. */
  async function senderOf(account: AccountKey, token: string, by: OwnSender | undefined) {
    const bounces = tokenAddress(token);
    if (!by) {
      const address = (await userMailbox(transport, account)) ?? bounces;
      return { address, bounces, envelopeId: token, signing: config.outgoing, isStrange: true };
    }
    const envelopeId = envelopeIdOf(token, state.mac('address', token));
    return { address: by.address, bounces: by.address, envelopeId, signing: {}, isStrange: false };
  }

  async function contentOf(
    { events, account, their }: MailContent,
    { peer, before }: { peer: MailPeer; before: SentMail | undefined },
  ): Promise<Content> {
    if (!isMessages(events)) {
      const changed = await changeContent(transport, events[0], { account, their });
      return { ...changed, thread: changed.thread ?? peer.thread ?? state.mac('thread', events[0].id), isChange: true };
    }
    const subject = events.find((event) => event.subject !== undefined && event.subject.trim() !== '')?.subject;
    // A subject without a thread begins a new one, as people do in mail.
    const thread =
      events.at(-1)?.thread ?? (subject === undefined ? peer.thread : undefined) ?? state.mac('thread', events[0].id);
    const asked = events.map((event) => forms.asked(event, { account, their, thread }));
    const said = before?.said ?? asked.map(({ text }) => text);
    const replied = events.findLast(({ replyTo }) => replyTo !== undefined)?.replyTo;
    const { attached: attachments, links } = await attachmentsOf(transport, events);
    return {
      ...{ said, thread, isChange: false, after: [] },
      ...(subject !== undefined && { subject }),
      ...(replied !== undefined && { inReplyTo: messageIdOf(replied) }),
      writes: [
        ...asked.flatMap(({ writes }) => writes),
        ...(before ? [] : answeredIn(events[0], account, { their, peer })),
      ],
      mail: { text: before?.text ?? textOf([...said, ...links]), attachments },
    };
  }

  /** What stands below: who this is, for who does not know yet, and how to have no more of it. */
  function belowOf(
    account: AccountKey,
    about: { name: string; signature: string; introduced: boolean; their: string },
  ): string[] {
    const language = host.language(account);
    const below = about.signature === '' ? [] : [about.signature];
    if (about.introduced) return below;
    below.push(wordsIn(texts.first(about.name, splitAccount(account).user), language));
    const link = suppression.link(account, about.their);
    if (link !== undefined) below.push(wordsIn(texts.stop(link), language));
    return below;
  }

  /** The thread goes on from here. A report that was quicker has said more of it. */
  async function kept({ account, their }: MailContent, ready: PreparedMail): Promise<void> {
    const { token, sent, subject, messageId, messageIdThere: there, after, isChange } = ready;
    const inThread = sent.thread;
    const thread = await state.thread(account, their, inThread);
    const peer = await state.peer(account, their);
    const known = await state.sent(token);
    await host.emit(
      [],
      [
        ...(known?.mail.stage === 'begun' ? writeSent(account, { ...sent, stage: 'taken' }) : []),
        ...after,
        ...(there === undefined
          ? []
          : [state.writePlaced(account, their, there, { thread: inThread, hash: '', at: sent.at, ours: messageId })]),
        // A change is no mail that is answered: the thread goes on from what it is about.
        ...(isChange
          ? []
          : [
              state.writeThread(account, their, inThread, {
                ...thread,
                subject: thread.subject ?? subject,
                references: withReference(thread.references, there ?? messageId),
              }),
              state.writePeer(account, their, { ...peer, thread: inThread, introduced: true }),
            ]),
      ],
    );
  }

  /** It has not left, for it was refused before: that is no doubt. */
  async function notSent({ account }: MailContent, { sent }: PreparedMail): Promise<void> {
    if ((await mailOf(sent.events[0] as EventId))?.stage === 'begun')
      await host.emit([], writeSent(account, stayed(sent)));
  }

  return { prepare, kept, notSent, mailOf };
}

/** RFC 8058 §3.1: programs act on https only. */
const oneClick = (link: string | undefined): string | undefined => (link?.startsWith('https:') ? link : undefined);
