import type { MailForms } from '#bridges/email/forms/forms.ts';
import { looksLikeAddress, mailboxOf } from '#bridges/email/mailbox.ts';
import { isMessageId } from '#bridges/email/out/compose.ts';
import type { GroupMails, GroupPlacing } from '#bridges/email/rooms/group-mails.ts';
import { texts } from '#bridges/email/texts.ts';
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
import { askedBy, markable } from './read-requests.ts';
import { type MailRecipient, NO_SUCH_USER, type RecipientAnswer, TAKEN } from './recipients.ts';

type UserRecipient = Extract<MailRecipient, { kind: 'user' }>;

/** Mail of persons and of lists for one user. */
export type PersonalMails = {
  /** Resolves once it is durable, with the answer. */
  take(mail: ReadMail, to: UserRecipient, admission: 'yes' | 'first'): Promise<RecipientAnswer>;
};

/** How many of those are named that a mail went to as well. */
const ALSO = 10;

/** What is told of a mail: its words, the subject where it is new, to whom else it went, and where the whole is. */
type CleanMail = {
  readonly clean: CleanText;
  readonly fresh?: string | undefined;
  readonly others?: Words | undefined;
  readonly url: string | undefined;
};

/** A mail that has passed between an account and a peer, under its id and under that by which it was found; of ours with what it said. */
type PassedMail = { readonly id: string; readonly at: string; readonly thread: string; readonly text?: string };
/** So many that a mail refers to are made use of, and so many looked for at a time. */
const MOST_KNOWN = 3;
const AT_ONCE = 5;

type Placing = {
  readonly thread: string;
  readonly known: MailThread;
  /** The message that it answers. */
  readonly replyTo?: ForeignId | undefined;
  /** What we had said there. */
  readonly sent: readonly string[];
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

  /**
   * The thread that a mail belongs to: by the address that it was sent to, then by the mails that it refers to, then a new one.
   * Who is not the peer of that thread does not get into it (SECURITY, mail in).
   */
  async function place(mail: ReadMail, { account, token, sent }: UserRecipient): Promise<Placing> {
    const { parsed, from } = mail;
    const answered = sent?.their === from ? `${token}@${config.domain}` : undefined;
    const about = [
      ...new Set([...(answered ? [answered] : []), ...parsed.inReplyTo, ...parsed.references.toReversed()]),
    ];
    // Without a wait where there is nothing to ask: the thread is asked for with all else.
    const known = about.length === 0 ? [] : await knownOf(account, from, about);
    const [first] = known;
    const thread = first?.thread ?? state.mac('thread', account, from, parsed.messageId || bodyOf(state, parsed));
    const replyTo = known.find(({ id, at }) => id === answered || parsed.inReplyTo.includes(at))?.id;
    return {
      thread,
      known: await state.thread(account, from, thread),
      replyTo: replyTo as ForeignId | undefined,
      sent: known.flatMap(({ text }) => (text === undefined ? [] : [text])),
    };
  }

  /** The first of some mails that have passed between an account and a peer. */
  async function knownOf(account: AccountKey, from: string, ids: readonly string[]) {
    const found: PassedMail[] = [];
    for (let first = 0; first < ids.length && found.length < MOST_KNOWN; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE);
      const passed = await Promise.all(some.map((at) => passedAs(account, from, at)));
      found.push(...passed.flatMap((one) => one ?? []));
    }
    return found.slice(0, MOST_KNOWN);
  }

  async function passedAs(account: AccountKey, from: string, at: string): Promise<PassedMail | undefined> {
    const placed = await state.placed(account, from, at);
    if (!placed) return undefined;
    const id = placed.ours ?? at;
    const ours = id.endsWith(`@${config.domain}`) ? await state.sent(id.replace(/@.*$/, '')) : undefined;
    return { id, at, thread: placed.thread, ...(ours?.account === account && { text: ours.mail.text }) };
  }

  /** The id of a mail, another one where the same id comes with other words: nobody takes the place of what was said before. */
  async function idOf(account: AccountKey, { parsed, from }: ReadMail): Promise<{ id: string; hash: string }> {
    const hash = bodyOf(state, parsed);
    const id = isMessageId(parsed.messageId) ? parsed.messageId : `${hash}@${config.domain}`;
    const known = await state.placed(account, from, id);
    return { id: known && known.hash !== hash ? `${id}#${hash.slice(0, 8)}` : id, hash };
  }

  async function accept(mail: ReadMail, to: UserRecipient, admission: 'yes' | 'first'): Promise<RecipientAnswer> {
    const { parsed, from } = mail;
    const { account } = to;
    // Asked at once, for the store answers all in one go.
    const [peer, placing, { id, hash }, several] = await Promise.all([
      state.peer(account, from),
      place(mail, to),
      idOf(account, mail),
      groups.find(mail, account),
    ]);
    const isStranger = isUnasked(mail, peer, admission);
    const clean = await parser.clean(parsed, [...placing.sent, ...(several?.sent ?? [])]);
    if (several?.kind === 'room') return toRoom(mail, account, { at: several, id, hash, clean });
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
      ...writes(mail, account, { placing, id, hash, peer, isStranger }),
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

  /** How long a mail may have been on its way before it is told when it was written. */
  const late = (date: number) => (host.clock.now() - date > 120_000 ? { at: date } : {});

  type Known = { placing: Placing; id: string; hash: string; peer: MailPeer; isStranger: boolean };

  function writes(mail: ReadMail, account: AccountKey, { placing, id, hash, peer, isStranger }: Known): StateWrite[] {
    const { parsed, from, verdict } = mail;
    const { thread, known } = placing;
    const subject = known.subject ?? (plainSubject(parsed.subject) || undefined);
    const { replyTo: before, ...rest } = known;
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
        ...askedBy(mail, { id, at: host.clock.now() }, peer),
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

const bodyOf = (
  { mac }: EmailTransport['state'],
  { subject = '', text = '', html = '', files }: ReadMail['parsed'],
): string => mac('body', subject, text, html, ...files.map(({ name = '', type }) => `${name} ${type}`));
