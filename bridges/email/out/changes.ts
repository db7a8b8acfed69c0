import { texts } from '#bridges/email/texts.ts';
import type { SentMail } from '#bridges/email/threads/state.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { isEmoji } from '#bridges/email/wire/chat.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type ComposedMail, isMessageId, messageIdOf } from './compose.ts';

/** What a mail can do to an earlier one instead of saying something. */
export type MailChange = EventOf<'edit'> | EventOf<'retract'> | EventOf<'reaction'>;

/** What a change says, where it stands, and what is kept of it once it has left. */
export type ChangeContent = {
  readonly said: readonly string[];
  readonly writes: readonly StateWrite[];
  readonly after: readonly StateWrite[];
  readonly thread?: string;
  readonly inReplyTo: string;
  readonly mail: Pick<ComposedMail, 'text' | 'attachments'> & Partial<Pick<ComposedMail, 'chat' | 'reaction'>>;
};

type About = { readonly account: AccountKey; readonly their: string };

/** As Delta Chat marks them for who reads the mail in another program. */
const EDITED = '✏️';
const DELETED = '🗑️';

/** What several messages of a mail say as one text. Pure. */
export const textOf = (said: readonly string[]): string => said.filter((one) => one.trim() !== '').join('\n\n');

/**
 * The content of a mail that changes an earlier one: a correction or retraction as Delta Chat has them, a reaction by RFC 9078 or as
 * Gmail has it. Throws a `Failure` for what cannot be said.
 */
export async function changeContent(
  transport: EmailTransport,
  event: MailChange,
  about: About,
): Promise<ChangeContent> {
  return event.kind === 'reaction' ? reaction(transport, event, about) : changed(transport, event, about);
}

/** A mail of several messages is told anew without what was taken back, or with what was corrected. */
async function changed(
  { state, config }: EmailTransport,
  event: EventOf<'edit'> | EventOf<'retract'>,
  { account, their }: About,
): Promise<ChangeContent> {
  const [id = '', number] = event.target.split('#');
  const token = id.replace(/@.*$/, '');
  const found = id.endsWith(`@${config.domain}`) ? await state.sent(token) : undefined;
  const mail = found?.account === account && found.mail.their === their ? found.mail : undefined;
  if (!mail) throw new Failure('not-supported', { text: texts.notKnown });
  const index = number === undefined ? mail.events.length - 1 : Number(number) - 1;
  const text = event.kind === 'edit' ? event.text : '';
  const before = mail.said.length === mail.events.length ? mail.said : mail.events.map(() => mail.text);
  const said = before.map((one, at) => (at === index ? text : one));
  const left = textOf(said);
  const after: SentMail = { ...mail, said, text: left };
  return {
    said: [],
    writes: [],
    after: mail.events.flatMap((one) => state.writeSent(account, state.mac('mail', one), after)),
    thread: mail.thread,
    inReplyTo: id,
    mail: {
      text: left === '' ? DELETED : `${EDITED}${left}`,
      attachments: [],
      chat: left === '' ? { deletes: id } : { edits: id },
    },
  };
}

/** In the form that the peer has shown to read. Gmail knows one emoji a mail, and none that is taken back. */
async function reaction(
  { state, shown }: EmailTransport,
  { target, emoji }: EventOf<'reaction'>,
  { account, their }: About,
): Promise<ChangeContent> {
  const id = messageIdOf(target);
  if (!isMessageId(id) || !emoji.every(isEmoji)) throw new Failure('not-acceptable', { text: texts.noReaction });
  const placed = await state.placed(account, their, id);
  const form = shown.of(account, their).reacts ?? 'standard';
  const head = { said: [], writes: [], ...(placed && { thread: placed.thread }), inReplyTo: id };
  if (form === 'standard')
    return { ...head, after: [], mail: { text: emoji.join(' '), attachments: [], reaction: form } };
  const before = await state.reacted(account, their, id);
  const fresh = emoji.filter((one) => !before.includes(one)).at(-1);
  if (fresh === undefined) throw NOTHING_TO_SEND;
  const after = [state.writeReacted(account, their, id, emoji)];
  return { ...head, after, mail: { text: fresh, attachments: [], reaction: form } };
}

/** What needs no mail. */
export const NOTHING_TO_SEND = Symbol('nothing to send');
