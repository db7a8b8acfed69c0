import { attachmentsOf } from '#bridges/email/out/attachments.ts';
import { type ComposedMail, compose, isMessageId, messageIdOf, signed } from '#bridges/email/out/compose.ts';
import { eventIdOf, type OwnSender } from '#bridges/email/out/prepare.ts';
import type { Smarthost } from '#bridges/email/out/smarthost.ts';
import type { Suppression } from '#bridges/email/out/suppression.ts';
import { texts } from '#bridges/email/texts.ts';
import {
  leaving,
  type SentMail,
  splitByMail,
  stayed,
  whetherLeft,
  withReference,
} from '#bridges/email/threads/state.ts';
import { envelopeIdOf, tokenLocalPart } from '#bridges/email/threads/user-address.ts';
import { type EmailTransport, nameIn, settingsOf, userMailbox } from '#bridges/email/transport.ts';
import type { Delivered, LostRecipient } from '#src/bridge.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, type ForeignId, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { Place } from '#src/model/place.ts';
import type { GroupPerson, MailGroup } from './group.ts';
import type { GroupBook } from './group-book.ts';
import { namesOf } from './group-mails.ts';
import { openWaitingCopies, type WaitingCopies } from './waiting-copies.ts';

type MessageEvent = EventOf<'message'>;
/** What goes to each, and from whose mailbox, if not from the gateway. */
type Copies = { readonly bytes: Buffer; readonly sent: SentMail; readonly by: OwnSender | undefined };
type Room = Extract<Place, { kind: 'room' }>;
/** Who is to get a copy later: because of a failure, or behind what waits for them. */
type Later = { readonly address: string; readonly token: string; readonly failure?: Failure };

/** Takes a mail of ours to a user of ours: it need not leave. Rejects with the `Failure` of who does not take it. */
export type HandOver = (mail: Buffer, envelope: { readonly from: string; readonly to: string }) => Promise<void>;

/** The way of mails out of rooms: to all of the thread. */
export type ReplyAll = {
  /**
   * Sends messages of a room as one mail, with an envelope for each recipient, so that it is known which of them a report is about.
   * Who is to get it later has a queue of their own. Rejects with a `Failure` where nobody has it.
   */
  send(events: readonly Event[], by?: OwnSender): Promise<readonly Delivered[]>;
  /** As `Bridge.reconcile`. */
  reconcile(event: Event): Promise<'sent' | 'not-sent' | 'unknown'>;
  /** Nothing of an account is tried any more. */
  forget(account: AccountKey): void;
  /** Tries nothing more. Resolves when nothing is on its way. */
  close(): Promise<void>;
};

export function openReplyAll(
  transport: EmailTransport,
  {
    book,
    smarthost,
    suppression,
    handOver,
    ownOf,
  }: {
    book: GroupBook;
    smarthost: Smarthost;
    suppression: Suppression;
    handOver: HandOver;
    /** The mailbox of their own that an account has now. */
    ownOf(account: AccountKey): OwnSender | undefined;
  },
): ReplyAll {
  const { host, config, state, alone } = transport;

  const addressOf = (token: string): string => `${tokenLocalPart(token, state.mac('address', token))}@${config.domain}`;
  const fromOf = async (account: AccountKey, token: string, by: OwnSender | undefined): Promise<string> =>
    by?.address ?? (await userMailbox(transport, account)) ?? addressOf(token);
  /** Of the copy for one recipient. */
  const tokenOf = (id: string, { address }: GroupPerson): string => state.mac('mail', id, address);

  /** The mail that events were in, where it may have left: it goes again as it was. */
  async function begun(id: string): Promise<SentMail | undefined> {
    return (await state.sent(state.mac('mail', id)))?.mail;
  }

  type Begun = { readonly before: SentMail | undefined; readonly by: OwnSender | undefined };

  async function composed(room: Room, events: readonly MessageEvent[], { before, by }: Begun, group: MailGroup) {
    const { account } = room;
    const settings = await settingsOf(transport, account);
    const name = nameIn(settings, account, { config, by });
    const language = host.language(account);
    const token = state.mac('mail', before?.events[0] ?? events[0]?.id ?? '');
    const replied = events.findLast(({ replyTo }) => replyTo !== undefined)?.replyTo;
    const answered = replied === undefined ? undefined : messageIdOf(replied);
    const usual = settings.subject || config.subject || wordsIn(texts.subject(name), language);
    const { attached: attachments, links } = await attachmentsOf(transport, events);
    const said = [...events.map(({ text }) => text), ...links].filter((one) => one.trim() !== '').join('\n\n');
    const below = [
      ...(settings.signature === '' ? [] : [settings.signature]),
      ...(group.written || by ? [] : [wordsIn(texts.firstToAll(name, splitAccount(account).user), language)]),
    ];
    const mailbox = ({ address, nick }: GroupPerson) => ({ address, name: nick });
    const direct = group.people.filter(({ copied }) => !copied);
    const mail: ComposedMail = {
      from: { name, address: await fromOf(account, token, by) },
      to: (direct.length > 0 ? direct : group.people).map(mailbox),
      cc: (direct.length > 0 ? group.people.filter(({ copied }) => copied) : []).map(mailbox),
      messageId: `${token}@${config.domain}`,
      inReplyTo: answered !== undefined && isMessageId(answered) ? answered : group.references.at(-1),
      ...{ references: group.references, text: before?.text ?? said, html: settings.html, language, below },
      attachments,
      subject: subjectOf(group, usual),
      ...(group.chat !== undefined && { chat: { group: group.chat } }),
      ...{ date: host.clock.now(), domain: config.domain },
    };
    return { token, mail, bytes: await signed(await compose(mail), by ? {} : config.outgoing) };
  }

  /** One copy. What is kept of it stands before it leaves: a report can be quick. */
  async function sendTo(
    account: AccountKey,
    person: Pick<GroupPerson, 'address'>,
    token: string,
    { bytes: mail, sent, by }: Copies,
  ) {
    const { address: to } = person;
    const from = by?.address ?? addressOf(token);
    const envelopeId = by ? envelopeIdOf(token, state.mac('address', token)) : token;
    const envelope = { from, to, envelopeId, success: true };
    const keep = (mail: SentMail) => host.emit([], state.writeSent(account, token, mail));
    let copy: SentMail = { ...sent, their: to, left: 0 };
    await suppression.check(account, to);
    try {
      if (to.endsWith(`@${config.domain}`)) await handOver(mail, envelope);
      else
        await (by?.submission ?? smarthost).send(async () => {
          copy = leaving(copy, (await state.sent(token))?.mail);
          await keep(copy);
          return { envelope, mail };
        });
    } catch (error) {
      if (copy.left && error instanceof Failure && error.certain) await keep(stayed(copy));
      throw error;
    }
    await alone(account, to, async () => {
      const known = (await state.sent(token))?.mail.stage;
      // A report that was quicker has said more of it.
      if (known === undefined || known === 'begun') await keep({ ...copy, stage: 'taken' });
    });
  }

  async function send(all: readonly Event[], by?: OwnSender): Promise<readonly Delivered[]> {
    const { room, events, first } = messagesOf(all);
    const group = await book.get(room.account, room.id);
    if (!group?.open) throw new Failure('not-joined');
    if (group.encrypted && !group.plain)
      throw new Failure('not-allowed', { text: texts.wasEncrypted({ address: room.id, domain: host.transport }) });
    if (group.people.length === 0) throw new Failure('not-allowed', { text: texts.nobodyLeft });
    const known = await Promise.all(events.map(({ id }) => begun(id)));
    // What may have left as one mail goes again as that, and nothing else with it.
    const [now, behind] = splitByMail(events, known);
    if (behind.length > 0) return [...(await send(now, by)), ...(await send(behind, by))];
    const [before] = known;
    const made = await composed(room, events, { before, by }, group);
    const sent: SentMail = {
      ...{
        their: '',
        thread: room.id,
        room: true,
        at: host.clock.now(),
        text: made.mail.text,
        said: [],
        stage: 'begun',
      },
      events: before?.events ?? events.map((event) => event.id),
    };
    await host.emit([], begins(room, sent, made.mail, group));
    const copies = { bytes: made.bytes, sent, by };
    const { lost, later } = await toEach(room, group, { named: before?.events[0] ?? first.id, ...copies });
    const failures = [...later.flatMap(({ failure }) => failure ?? []), ...lost.map(({ failure }) => failure)];
    if (failures[0] && failures.length === group.people.length) throw failures[0];
    await hold(room, made.token, later, copies);
    by?.keep(made.bytes);
    await wentOut(room, made.token, made.mail.messageId);
    const { messageId } = made.mail;
    return events.map(({ id }, index) => ({
      ids: [eventIdOf(messageId, sent.events.indexOf(id), sent.events.length) as ForeignId],
      state: 'taken',
      ...(lost.length > 0 && index === events.length - 1 && { lost }),
    }));
  }

  /** What is kept before anything leaves. */
  const begins = ({ account, id }: Room, sent: SentMail, mail: ComposedMail, { people }: MailGroup) => [
    ...sent.events.flatMap((event) => state.writeSent(account, state.mac('mail', event), sent)),
    book.writeMail(account, mail.messageId, {
      ...{ group: id, people: people.map(({ address }) => address), by: '', hash: '', text: mail.text },
    }),
  ];

  /** Copies for those who have none yet. Tells who was not reached, and who is to get it later. */
  async function toEach(
    { account, id }: Room,
    { people }: MailGroup,
    { named, ...copies }: Copies & { named: string },
  ): Promise<{ readonly lost: readonly LostRecipient[]; readonly later: readonly Later[] }> {
    const [lost, later]: [LostRecipient[], Later[]] = [[], []];
    for (const person of people) {
      const { address } = person;
      const token = tokenOf(named, person);
      const known = (await state.sent(token))?.mail.stage;
      if (known !== undefined && known !== 'begun') continue;
      try {
        if (await waiting.waitsFor(account, id, address)) later.push({ address, token });
        else await sendTo(account, person, token, copies);
      } catch (error) {
        const failure = await failureOf(account, person, error);
        if (failure.row.retry && failure.code !== 'queue-full') later.push({ address, token, failure });
        else lost.push({ to: address, failure });
      }
    }
    return { lost, later };
  }

  /** Others have it, and need not wait for these. */
  const hold = ({ account, id }: Room, mail: string, later: readonly Later[], { bytes, sent, by }: Copies) =>
    waiting.add(
      account,
      later.map(({ address, token }) => ({
        ...{ room: id, address, token, mail, at: sent.at, own: by !== undefined },
        event: sent.events.at(-1) ?? '',
      })),
      bytes,
      later.flatMap(({ address: their, token }) =>
        state.writeSent(account, token, { ...sent, their, stage: 'waiting' }),
      ),
    );

  const roomOf = (account: AccountKey, id: string): Room => ({ kind: 'room', account, id });
  const waiting: WaitingCopies = openWaitingCopies(transport, {
    async send(account, { address, token, own }, bytes) {
      const sent = (await state.sent(token))?.mail;
      const by = own ? ownOf(account) : undefined;
      // It goes by no other identity.
      if (!sent || (own && !by)) throw new Failure(sent ? 'recipient-unavailable' : 'gone');
      await sendTo(account, { address }, token, { bytes, sent, by });
    },
    async lost(account, { address: to, event }, failure) {
      await suppression.learn(account, to, failure);
      await host.settle(event as EventId, { ids: [], state: 'taken', lost: [{ to, failure }] });
    },
    async late(account, { room, address, token }) {
      const text = wordsIn(texts.waitsFor(address), host.language(account));
      const told = { place: roomOf(account, room), from: { kind: 'network', id: '' }, kind: 'message' } as const;
      await host.emit([{ ...told, ids: [`${token}/waits` as ForeignId], style: 'plain', text }]);
    },
  });

  /** Rejects with what leaves in doubt whether it was sent. */
  async function failureOf(account: AccountKey, { address }: GroupPerson, error: unknown): Promise<Failure> {
    if (!(error instanceof Failure)) host.log.error({ err: error }, 'a mail could not be sent to one of several');
    const failure = error instanceof Failure ? error : new Failure('internal', { cause: error });
    // Without our own server it is nobody's turn.
    if (!failure.certain || failure.words === texts.noSmarthost) throw failure;
    await suppression.learn(account, address, failure);
    return failure;
  }

  /** The thread goes on from here, and at its first mail its user is told who has it. */
  const wentOut = (room: Room, token: string, messageId: string): Promise<void> =>
    alone(room.account, room.id, async () => {
      const group = await book.get(room.account, room.id);
      if (!group) return;
      const written = { ...group, written: true, references: withReference(group.references, messageId) };
      const text = wordsIn(texts.sentTo(namesOf(group.people)), host.language(room.account));
      const named: Draft = {
        ...{ place: room, from: { kind: 'network', id: '' }, ids: [`${token}/to` as ForeignId] },
        ...{ kind: 'message', style: 'plain', text },
      };
      await host.emit(group.written ? [] : [named], book.write(room.account, room.id, written));
    });

  return {
    send,
    forget: waiting.forget,
    close: waiting.close,
    async reconcile({ id, place }) {
      if (place.kind !== 'room') return 'unknown';
      const mail = await begun(id);
      const group = mail && (await book.get(place.account, place.id));
      if (!mail || !group) return 'not-sent';
      for (const person of group.people) {
        const copy = (await state.sent(tokenOf(mail.events[0] ?? id, person)))?.mail;
        const known = copy ? whetherLeft(copy) : 'not-sent';
        if (known !== 'sent') return known;
      }
      return 'sent';
    },
  };
}

const subjectOf = ({ subject }: MailGroup, usual: string): string => (subject === '' ? usual : `Re: ${subject}`);

/** Throws a `Failure` for what no mail is made of. */
function messagesOf(all: readonly Event[]) {
  const events = all.filter((event): event is MessageEvent => event.kind === 'message');
  const [first] = events;
  if (first?.place.kind !== 'room' || events.length < all.length) throw new Failure('not-supported');
  if (events.every(({ text, files = [] }) => text.trim() === '' && files.length === 0))
    throw new Failure('not-acceptable', { text: texts.nothing });
  return { room: first.place, events, first };
}
