import type { MailForms } from '#bridges/email/forms/forms.ts';
import { looksLikeAddress, mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import type { GroupMails, GroupPlacing } from '#bridges/email/rooms/group-mails.ts';
import { texts } from '#bridges/email/texts.ts';
import { lastAnswer } from '#bridges/email/threads/answer-loop.ts';
import { ownAddresses } from '#bridges/email/threads/own-addresses.ts';
import { type MailPeer, type MailThread, withReference } from '#bridges/email/threads/state.ts';
import { plainSubject } from '#bridges/email/threads/subject.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { withoutArmor } from '#bridges/email/wire/armor.ts';
import type { CleanText, MailInvitation, MailParser } from '#bridges/email/wire/mail.ts';
import { cleanName } from '#mappings/names.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { isBlank } from '#src/model/text.ts';
import { changeOf } from './changes.ts';
import type { IncomingFile, ReadMail } from './incoming.ts';
import { beginningOf, type Originals } from './originals.ts';
import { type MailId, openPlacing, type Placing } from './placing.ts';
import { askedBy, markable } from './read-requests.ts';
import { type MailRecipient, NO_SUCH_USER, type RecipientAnswer, TAKEN } from './recipients.ts';

type UserRecipient = Extract<MailRecipient, { kind: 'user' }>;

/** Mail of persons and of lists for one user. */
export type PersonalMails = {
  /** Resolves once it is durable, with the answer. */
  take(mail: ReadMail, to: UserRecipient, admission: 'yes' | 'first'): Promise<RecipientAnswer>;
};

/** How long (ms) a mail may have been on its way before it is told when it was written, and for how long it may have been. */
const [LATE, LATEST] = [120_000, 30 * 86_400_000];
/** How many of those are named that a mail went to as well. */
const ALSO = 10;

/** What is told of a mail: its words, the subject where it is new, to whom else it went, and where the whole is. */
type CleanMail = {
  readonly clean: CleanText;
  readonly fresh?: string | undefined;
  readonly others?: Words | undefined;
  readonly url: string | undefined;
};

export function openPersonal(
  transport: EmailTransport,
  {
    parser,
    forms,
    groups,
    originals,
  }: {
    parser: Pick<MailParser, 'clean'>;
    forms: Pick<MailForms, 'replied'>;
    groups: GroupMails;
    originals: Originals;
  },
): PersonalMails {
  const { host, config, state, shown, alone } = transport;
  const { place, idOf } = openPlacing(transport);

  /** A thread changes by all who write in it, and by commands: once it is known which one it is, what it is like is read alone. */
  async function accept(
    mail: ReadMail,
    to: UserRecipient,
    admission: 'yes' | 'first',
    among = false,
  ): Promise<RecipientAnswer> {
    const { parsed, from } = mail;
    const { account } = to;
    // Asked at once, for the store answers all in one go.
    const [peer, placing, { id, hash, again }, several] = await Promise.all([
      state.peer(account, from),
      place(mail, to),
      idOf(account, mail),
      groups.find(mail, account),
    ]);
    if (several && !among) return alone(account, several.id, () => accept(mail, to, admission, true));
    const isStranger = isUnasked(mail, peer, admission);
    const clean = await parser.clean(parsed, [...placing.sent, ...(several?.sent ?? [])]);
    if (several?.kind === 'room') return toRoom(mail, account, { at: several, id, hash, clean });
    return toContact(mail, account, { peer, placing, id, hash, again, several, isStranger, clean });
  }

  async function toContact(mail: ReadMail, account: AccountKey, known: ToContact): Promise<RecipientAnswer> {
    const { parsed, from } = mail;
    const { peer, placing, id, hash, again, several, isStranger, clean } = known;
    const name = nameOf(mail);
    const head = {
      place: { kind: 'contact', account, id: from },
      from: { kind: 'network', id: from, ...(name !== undefined && { name }) },
    } as const;
    if (parsed.automation === 'reply') {
      await host.emit([{ ...head, kind: 'presence', show: 'available', status: awayOf(mail, account, clean) }]);
      return TAKEN;
    }
    const original = originals.keep(mail, { account, place: from, id });
    const keeping = () => [
      ...original.writes,
      ...writes(mail, account, { placing, id, hash, again, peer, isStranger, text: clean.text }),
      ...(mail.returnPath && !again ? [state.writeReturnPath(account, from, id, mail.returnPath)] : []),
      ...(several ? groups.writes(mail, account, several, { hash, said: clean.text }) : []),
    ];
    if (await answersForm(mail, { account, text: clean.text }, keeping())) return TAKEN;
    const change = await changeOf(transport, mail, { account, text: clean.text });
    if (change) return answerOf(await host.emit([{ ...head, ids: [id as ForeignId], ...change }], keeping()));
    const fresh = freshSubject(parsed.subject, placing.known);
    const message: Draft = {
      ...head,
      ids: [id as ForeignId],
      ...(parsed.date !== undefined && late(parsed.date)),
      kind: 'message',
      style: 'plain',
      text: textOf(mail, account, { clean, fresh, others: await alsoTo(mail, account, several), url: original.url }),
      ...(fresh !== undefined && { subject: fresh }),
      thread: placing.thread,
      ...markable(mail),
      ...(placing.replyTo !== undefined && { replyTo: placing.replyTo }),
    };
    const asks: Draft[] =
      isStranger && mail.verdict.from === 'verified'
        ? [{ ...head, kind: 'contact', action: 'subscribe', ...(name !== undefined && { name }) }]
        : [];
    const files = filesOf(mail, { ...head, thread: placing.thread }, id);
    const drafts = [...asks, ...(message.text === '' && files.length > 0 ? [] : [message]), ...files];
    return answerOf(await host.emit(drafts, keeping()));
  }

  /** A mail of a thread that its user has opened as a room. Their earlier conversation with its author stays as it was. */
  async function toRoom(
    mail: ReadMail,
    account: AccountKey,
    { at, id, hash, clean }: { at: GroupPlacing; id: string; hash: string; clean: CleanText },
  ): Promise<RecipientAnswer> {
    const { parsed, from: author } = mail;
    const { before, place, from } = groups.head(mail, account, at);
    const head = { place, from };
    const original = originals.keep(mail, { account, place: at.id, id });
    const text = textOf(mail, account, { clean, url: original.url });
    const replyTo = at.replyTo !== undefined && parsed.inReplyTo.includes(at.replyTo) ? { replyTo: at.replyTo } : {};
    const said: Draft =
      parsed.reaction && at.replyTo !== undefined
        ? { ...head, ids: [id as ForeignId], kind: 'reaction', target: at.replyTo, emoji: parsed.reaction }
        : {
            ...head,
            ids: [id as ForeignId],
            ...(parsed.date !== undefined && late(parsed.date)),
            ...{ kind: 'message', style: 'plain', text, ...replyTo },
          };
    const files = filesOf(mail, head, id);
    const words = said.kind === 'message' && text === '' && files.length > 0 ? [] : [said];
    const kept = [
      ...original.writes,
      ...groups.writes(mail, account, at, { hash, said: clean.text }),
      state.writePlaced(account, author, id, { thread: at.id, hash, at: host.clock.now() }),
    ];
    return answerOf(await host.emit([...before, ...words, ...files], kept));
  }

  /**
   * Whether a mail is an answer to a form, and nothing else: a number alone, of somebody who is who they say, in answer to our mail,
   * which asked one form. All else is a text, also where the form was answered before.
   */
  async function answersForm(
    { parsed, verdict, from }: ReadMail,
    { account, text }: { account: AccountKey; text: string },
    changes: readonly StateWrite[],
  ): Promise<boolean> {
    const about = parsed.inReplyTo.at(-1);
    if (verdict.from !== 'verified' || parsed.files.length > 0 || !about?.endsWith(`@${config.domain}`)) return false;
    const asked = await state.sent(about.replace(/@.*$/, ''));
    if (asked?.account !== account || asked.mail.their !== from) return false;
    const answer = await forms.replied(asked.mail.events, text, changes);
    return answer?.state === 'done';
  }

  /** When it was written, where that is earlier than now. A clock that stands for years, or who wants nobody to see it, says more. */
  const late = (date: number) => {
    const ms = host.clock.now() - date;
    return ms > LATE && ms < LATEST ? { at: date } : {};
  };

  type ToContact = Omit<Known, 'text'> & { several: GroupPlacing | undefined; clean: CleanText };
  type Known = MailId & { placing: Placing; peer: MailPeer; isStranger: boolean; text: string };

  function writes(mail: ReadMail, account: AccountKey, about: Known): StateWrite[] {
    const { placing, id, hash, again, peer, isStranger, text } = about;
    const { parsed, from, verdict } = mail;
    const { thread, known } = placing;
    const subject = known.subject ?? (plainSubject(parsed.subject) || undefined);
    const { replyTo: before, ...rest } = known;
    const { answer: last, ...asPeer } = askedBy(mail, { id, at: host.clock.now() }, peer);
    const came = { text, hash: state.mac('said', text), at: host.clock.now(), sentAt: placing.sentAt };
    const answer = again ? last : lastAnswer(last, came, config.answers_in_a_row);
    const asked = mailboxOf(parsed.replyTo[0]?.address ?? '');
    // Only who is who they say moves where answers go; nothing of ours goes to our own domain.
    const answerTo = verdict.from === 'verified' ? (asked?.endsWith(`@${config.domain}`) ? from : asked) : before;
    return [
      state.writeThread(account, from, thread, {
        ...rest,
        ...(subject !== undefined && { subject }),
        references: isMessageId(parsed.messageId)
          ? withReference(known.references, parsed.messageId)
          : known.references,
        answered: true,
        ...(answerTo !== undefined && answerTo !== from && { replyTo: answerTo }),
      }),
      state.writePeer(account, from, {
        ...asPeer,
        ...(answer && { answer }),
        ...{ thread, answered: true, encrypted: isSealed(mail, peer) },
        unasked: isStranger && verdict.from !== 'verified',
      }),
      ...(verdict.from === 'verified' ? shown.learn(account, from, parsed) : []),
      state.writePlaced(account, from, id, { thread, hash, at: host.clock.now() }),
    ];
  }

  const markOf = ({ verdict }: ReadMail, account: AccountKey): string[] =>
    verdict.from !== 'verified' && config.unverified === 'mark'
      ? [wordsIn(texts.unverified, host.language(account))]
      : [];

  /** A vacation answer is a status and no message. */
  const awayOf = (mail: ReadMail, account: AccountKey, { text }: CleanText): string =>
    [...markOf(mail, account), cleanName(text, 200)].join(' ');

  function textOf(mail: ReadMail, account: AccountKey, { clean, fresh, others, url }: CleanMail): string {
    const { parsed, files } = mail;
    const told = (words: Parameters<typeof wordsIn>[0]) => wordsIn(words, host.language(account));
    const { forwarded } = clean;
    const said = withoutArmor(clean.text);
    const text = [
      ...markOf(mail, account),
      ...(others === undefined ? [] : [told(others)]),
      ...(fresh === undefined ? [] : [fresh]),
      ...(parsed.encrypted ? [told(texts.encrypted)] : []),
      ...(isBlank(said) ? [] : [said]),
      ...(forwarded
        ? [told(texts.forwarded(forwarded.from?.name ?? forwarded.from?.address ?? '?')), forwarded.text]
        : []),
      ...closedIn(mail).map(told),
      ...(parsed.invitation ? [told(invitationText(parsed.invitation))] : []),
    ].join('\n');
    const beginning = beginningOf(transport, text, { account, url, isCut: parsed.textCut });
    return [...(beginning === '' ? [] : [beginning]), ...lost(files).map((name) => told(texts.fileLost(name)))].join(
      '\n',
    );
  }

  /** To whom else a mail went, as its headers say, with the offer to answer them all. */
  async function alsoTo(
    { parsed, envelope, from }: ReadMail,
    account: AccountKey,
    several: GroupPlacing | undefined,
  ): Promise<Words | undefined> {
    const mine = new Set(envelope.to.map((one) => mailboxOf(one)));
    const offer = several?.kind === 'offer' ? { address: from, domain: host.transport } : undefined;
    const named = offer
      ? (several?.now ?? []).filter(({ address }) => address !== from)
      : [...parsed.to, ...parsed.cc].filter(
          ({ address }) => !mine.has(mailboxOf(address)) && !address.toLowerCase().endsWith(`@${config.domain}`),
        );
    if (named.length === 0 || parsed.automation === 'list') return undefined;
    const own = await ownAddresses(host, account, parsed);
    const others = named.filter(({ address }) => !own.has(mailboxOf(address) ?? ''));
    if (others.length === 0) return undefined;
    const names = others.slice(0, ALSO).map(({ name = '', address }) => {
      const called = cleanName(name);
      return called === '' || looksLikeAddress(called) ? address : called;
    });
    const all = [...names, ...(others.length > ALSO ? [`+${others.length - ALSO}`] : [])].join(', ');
    return texts.alsoTo(all, offer);
  }

  return {
    take: (mail, to, admission) => alone(to.account, mail.from, () => accept(mail, to, admission)),
  };
}

/** The files of a mail that are kept, each as a message of its own. */
const filesOf = (
  { files }: ReadMail,
  head: Pick<Draft, 'place' | 'from'> & { readonly thread?: string },
  id: string,
): Draft[] =>
  files.flatMap(({ ref }, index): Draft[] =>
    ref
      ? [
          {
            ...{ ...head, ids: [`${id}/${index + 1}` as ForeignId] },
            ...{ kind: 'message', style: 'plain', text: '', files: [ref] },
          },
        ]
      : [],
  );

/** Whether nobody was asked yet to take its author among their contacts: who only says so has not been. */
const isUnasked = (
  { parsed }: ReadMail,
  { introduced, answered, unasked = false }: MailPeer,
  admission: 'yes' | 'first',
): boolean => !introduced && ((admission === 'first' && !answered) || (unasked && parsed.automation === undefined));

/** Whether a peer's mails are encrypted from here on: only who is who they say goes back to plain text. */
const isSealed = ({ parsed, verdict }: ReadMail, { encrypted = false }: { readonly encrypted?: boolean }): boolean =>
  parsed.encrypted !== undefined || (encrypted && verdict.from !== 'verified');

const INVITATIONS = { request: texts.invitation, cancel: texts.calledOff, reply: texts.answered } as const;

/** What is in a file that nobody here opens, and no more is in the mail. */
function closedIn({ parsed, files }: ReadMail): readonly Words[] {
  const has = (type: RegExp, named?: RegExp): boolean =>
    files.some(({ file }) => type.test(file.type) || named?.test(file.name ?? ''));
  const signed = parsed.encrypted === undefined && has(/^application\/(?:x-)?pkcs7-mime$/);
  const outlook = has(/^application\/(?:vnd\.)?ms-tnef$/, /^winmail\.dat$/i);
  return [...(signed ? [texts.signedWhole] : []), ...(outlook ? [texts.outlook] : [])];
}

function invitationText({ method, summary = '?', start, until, location, answer }: MailInvitation) {
  const what = [
    summary,
    ...(start ? [until ? `${start} – ${until}` : start] : []),
    ...(location ? [location] : []),
  ].join(', ');
  return (method === 'reply' && answer ? texts[answer] : INVITATIONS[method])(what);
}

const answerOf = (admitted: Awaited<ReturnType<EmailTransport['host']['emit']>>): RecipientAnswer =>
  admitted?.some((one) => one !== 'yes' && one !== 'first') ? NO_SUCH_USER : TAKEN;

const lost = (files: readonly IncomingFile[]): string[] =>
  files.flatMap(({ file, ref }) => (ref ? [] : [file.name ?? file.type]));

/** The name of a sender who is who they say, unless it is an address (SECURITY, mail in). */
function nameOf({ parsed, verdict }: ReadMail): string | undefined {
  const name = cleanName(parsed.from.name ?? '');
  return verdict.from === 'verified' && name !== '' && !looksLikeAddress(name) ? name : undefined;
}

/** The subject where it is another than the thread had. */
function freshSubject(subject: string | undefined, { subject: known = '' }: MailThread): string | undefined {
  const plain = plainSubject(subject);
  return plain === '' || plain === plainSubject(known) ? undefined : plain;
}
