import { addresses } from '#bridges/email/addresses.ts';
import type { MailForms } from '#bridges/email/forms/forms.ts';
import { texts } from '#bridges/email/texts.ts';
import type { SentMail } from '#bridges/email/threads/state.ts';
import { withReference } from '#bridges/email/threads/state.ts';
import { tokenLocalPart } from '#bridges/email/threads/user-address.ts';
import { type EmailTransport, nameIn, settingsOf, userMailbox } from '#bridges/email/transport.ts';
import type { Delivered, Outcome } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, type ForeignId, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { type ComposedMail, compose, isMessageId, type MailAttachment, signed } from './compose.ts';
import type { Smarthost } from './smarthost.ts';
import type { Suppression } from './suppression.ts';

const WRITTEN: Delivered = { ids: [], state: 'written' };
const NOTED: Delivered = { ids: [], state: 'taken' };
/** Mails that wait in this process. */
const MOST_WAITING = 10_000;
/** Bytes of all files of a mail. */
const MOST_ATTACHED = 20_000_000;

/** Nobody wants it any more. */
const WITHDRAWN = Symbol('withdrawn');

type MessageEvent = EventOf<'message'>;

/** The way of mails out: one after the other to each peer of an account. */
export type OutgoingMails = {
  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered;
  /** Messages of one conversation as one mail. */
  deliverTogether(events: readonly Event[]): Promise<readonly Outcome[]>;
  /** What is known of a message that an earlier run, or a line that broke, has left open. */
  reconcile(event: Event): Promise<'sent' | 'not-sent' | 'unknown'>;
  /** Takes back what was not handed to our server. */
  withdraw(id: EventId): boolean;
  /** Fails what waits, and resolves when nothing is on its way. */
  close(): Promise<void>;
};

/** One mail that is to be sent: its messages, the first of which it is named by. */
type Item = {
  readonly events: readonly [MessageEvent, ...MessageEvent[]];
  readonly account: AccountKey;
  readonly their: string;
  tell(outcome: Outcome): void;
};

export function openOutgoing(
  transport: EmailTransport,
  { smarthost, suppression, forms }: { smarthost: Smarthost; suppression: Suppression; forms: MailForms },
): OutgoingMails {
  const { host, config, state } = transport;
  const serial = lanes((error) => host.log.error({ err: error }, 'a mail was lost in its lane'));
  const waiting = new Map<EventId, Item>();
  let closing = false;

  /** Throws a `Failure` for what no mail is made of. */
  function itemOf(events: readonly Event[], tell: Item['tell']): Item {
    if (closing) throw new Failure('stopping');
    if (waiting.size >= MOST_WAITING) throw new Failure('queue-full');
    const messages = events.filter((event): event is MessageEvent => event.kind === 'message');
    const [first, ...more] = messages;
    if (!first || messages.length < events.length || first.place.kind !== 'contact') throw new Failure('not-supported');
    const their = addresses.fold(addresses.parse(first.place.id)).name;
    if (their === '') throw new Failure('jid-malformed', { text: texts.address });
    if (their.endsWith(`@${config.domain}`)) throw new Failure('not-allowed', { text: texts.ownAddress });
    if (messages.every(({ text, files = [], form }) => text.trim() === '' && files.length === 0 && !form))
      throw new Failure('not-acceptable', { text: texts.nothing });
    return { events: [first, ...more], account: first.place.account, their, tell };
  }

  function enqueue(item: Item): void {
    const { id } = item.events[0];
    waiting.set(id, item);
    serial.run(`${item.account} ${item.their}`, () => send(item));
  }

  function deliver(event: Event): Delivered {
    if (closing) throw new Failure('stopping');
    if (event.kind === 'contact' && event.place.kind === 'contact') {
      if (event.action === 'subscribe') suppression.tell(event.place.account, event.place.id);
      return NOTED;
    }
    enqueue(itemOf([event], (outcome) => void host.settle(event.id, outcome)));
    return WRITTEN;
  }

  async function send(item: Item): Promise<void> {
    const [{ id }] = item.events;
    // Withdrawn: whoever did that knows.
    if (waiting.get(id) !== item) return;
    try {
      if (closing) throw new Failure('stopping');
      const ready = await smarthost.send(async () => {
        // From here on it cannot be taken back.
        if (!waiting.delete(id)) throw WITHDRAWN;
        return transport.alone(item.account, item.their, () => prepare(item));
      });
      await transport
        .alone(item.account, item.their, () => kept(item, ready))
        .catch((error: unknown) => host.log.error({ err: error }, 'it cannot be kept that a mail was sent'));
      item.tell({ ids: [ready.messageId as ForeignId], state: 'taken' });
    } catch (error) {
      waiting.delete(id);
      if (error !== WITHDRAWN) await failed(item, error);
    }
  }

  /** The mail that a message was in, where it may have left and nothing was heard of it: it goes again as it was. */
  async function begunWith(id: EventId): Promise<SentMail | undefined> {
    const known = (await state.sent(state.mac('mail', id)))?.mail;
    return known?.stage === 'begun' ? known : undefined;
  }

  async function reconcile({ id }: Event): Promise<'sent' | 'not-sent' | 'unknown'> {
    const known = (await state.sent(state.mac('mail', id)))?.mail;
    // It is kept before anything leaves.
    if (!known) return 'not-sent';
    return known.stage === 'begun' ? 'unknown' : 'sent';
  }

  /** Each message of a mail leads to it. */
  const writeSent = (account: AccountKey, mail: SentMail) =>
    mail.events.flatMap((id) => state.writeSent(account, state.mac('mail', id), mail));

  /** What may have left as one mail goes again as that, and what has joined it since goes behind it. */
  async function deliverTogether(events: readonly Event[]): Promise<readonly Outcome[]> {
    const [first] = events;
    const before = first && (await begunWith(first.id));
    const again = before ? events.filter(({ id }) => before.events.includes(id)) : events;
    const more = events.filter((event) => !again.includes(event));
    const outcomes = await outcomesOf(again);
    return more.length === 0 ? outcomes : [...outcomes, ...(await deliverTogether(more))];
  }

  function outcomesOf(events: readonly Event[]): Promise<readonly Outcome[]> {
    const outcome = Promise.withResolvers<Outcome>();
    enqueue(itemOf(events, outcome.resolve));
    return outcome.promise.then((one) => events.map(() => one));
  }

  async function failed(item: Item, error: unknown): Promise<void> {
    if (!(error instanceof Failure)) host.log.error({ err: error }, 'a mail could not be sent');
    const failure = error instanceof Failure ? error : new Failure('internal', { cause: error });
    try {
      if (failure.certain) await suppression.learn(item.account, item.their, failure);
    } catch (trouble) {
      host.log.error({ err: trouble }, 'it cannot be kept that a mail failed');
    }
    item.tell(failure);
  }

  const tokenAddress = (token: string): string =>
    `${tokenLocalPart(token, state.mac('address', token))}@${config.domain}`;

  type Ready = {
    readonly envelope: { readonly from: string; readonly to: string; readonly envelopeId: string };
    readonly mail: Buffer;
    readonly token: string;
    readonly messageId: string;
    readonly sent: SentMail;
    readonly subject: string;
    readonly inThread: string;
  };

  /** Makes the mail, and keeps what an answer to it needs: that has to be there before anybody can answer. */
  async function prepare({ events, account, their }: Item): Promise<Ready> {
    await suppression.check(account, their);
    const [first] = events;
    const before = await begunWith(first.id);
    const token = state.mac('mail', before?.events[0] ?? first.id);
    const last = events.at(-1) ?? first;
    const settings = await settingsOf(transport, account);
    const name = nameIn(settings, account);
    const language = host.language(account);
    const peer = await state.peer(account, their);
    const ownSubject = events.find(({ subject }) => subject !== undefined && subject.trim() !== '')?.subject;
    // A subject without a thread begins a new one, as people do in mail.
    const inThread =
      last.thread ?? (ownSubject === undefined ? peer.thread : undefined) ?? state.mac('thread', first.id);
    const thread = await state.thread(account, their, inThread);
    const usual = settings.subject || config.subject || wordsIn(texts.subject(name), language);
    const subject = ownSubject ?? thread.subject ?? usual;
    const replied = events.findLast(({ replyTo }) => replyTo !== undefined)?.replyTo?.replace(/#[a-z2-7]{8}$/, '');
    const inReplyTo = replied !== undefined && isMessageId(replied) ? replied : thread.references.at(-1);
    const messageId = `${token}@${config.domain}`;
    const said = events.map((event) => forms.asked(event, { account, their, thread: inThread }));
    const text = before?.text ?? said.flatMap((one) => (one.text.trim() === '' ? [] : [one.text])).join('\n\n');
    const mail: ComposedMail = {
      from: { name, address: userMailbox(transport, account) ?? tokenAddress(token) },
      to: [{ address: thread.replyTo ?? their }],
      ...{ messageId, inReplyTo, references: thread.references, text, html: settings.html, language },
      attachments: await attachmentsOf(events),
      subject: thread.answered && !/^re:/i.test(subject) && ownSubject === undefined ? `Re: ${subject}` : subject,
      below: belowOf(account, { name, signature: settings.signature, introduced: peer.introduced, their }),
      date: host.clock.now(),
      ...(!peer.answered && { unsubscribe: oneClick(suppression.link(account, their)) }),
      domain: config.domain,
    };
    const sent: SentMail = {
      ...{ their, thread: inThread, at: host.clock.now(), text, stage: 'begun' },
      events: before?.events ?? events.map(({ id }) => id),
    };
    await host.emit([], [...writeSent(account, sent), ...said.flatMap(({ writes }) => writes)]);
    return {
      envelope: {
        from: tokenAddress(token),
        to: mail.to[0]?.address ?? their,
        envelopeId: token,
      },
      mail: await signed(await compose(mail), config.outgoing),
      ...{ token, messageId, sent, subject, inThread },
    };
  }

  /** The files of messages, fetched one after the other. Rejects with a `Failure` in words for their sender. */
  async function attachmentsOf(events: readonly MessageEvent[]): Promise<MailAttachment[]> {
    const all: MailAttachment[] = [];
    let left = MOST_ATTACHED;
    for (const file of events.flatMap(({ files = [] }) => files)) {
      const { name, type, content } = await host.media.open(file, {
        maxBytes: Math.min(left, config.attachments),
        signal: host.signal,
      });
      const bytes = Buffer.from(await new Response(content).arrayBuffer());
      left -= bytes.length;
      all.push({ name, type, content: bytes });
    }
    return all;
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
  async function kept({ account, their }: Item, { token, sent, subject, inThread, messageId }: Ready) {
    const thread = await state.thread(account, their, inThread);
    const peer = await state.peer(account, their);
    const known = await state.sent(token);
    await host.emit(
      [],
      [
        ...(known?.mail.stage === 'begun' ? writeSent(account, { ...sent, stage: 'taken' }) : []),
        state.writeThread(account, their, inThread, {
          ...thread,
          subject: thread.subject ?? subject,
          references: withReference(thread.references, messageId),
        }),
        state.writePeer(account, their, { ...peer, thread: inThread, introduced: true }),
        state.writePlaced(account, their, messageId, { thread: inThread, hash: '' }),
      ],
    );
  }

  return {
    deliver,
    deliverTogether,
    reconcile,
    withdraw: (id) => waiting.delete(id),
    close() {
      closing = true;
      return serial.idle();
    },
  };
}

/** RFC 8058 §3.1: programs act on https only. */
const oneClick = (link: string | undefined): string | undefined => (link?.startsWith('https:') ? link : undefined);
