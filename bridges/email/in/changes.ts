import type { EmailTransport } from '#bridges/email/transport.ts';
import type { EventOf } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { ReadMail } from './incoming.ts';

type Change =
  | Pick<EventOf<'edit'>, 'kind' | 'target' | 'text'>
  | Pick<EventOf<'retract'>, 'kind' | 'target'>
  | Pick<EventOf<'reaction'>, 'kind' | 'target' | 'emoji'>;

/**
 * What a mail does to an earlier one instead of saying something: a reaction of Gmail or by RFC 9078, a correction or retraction of
 * Delta Chat. Only of a sender who is who they say, and corrections only of what they wrote themselves; all else stays a text.
 */
export async function changeOf(
  { state, config }: EmailTransport,
  { parsed: { reaction, chat, inReplyTo }, verdict, from }: ReadMail,
  { account, text }: { account: AccountKey; text: string },
): Promise<Change | undefined> {
  const id = reaction ? inReplyTo.at(-1) : (chat?.edits ?? chat?.deletes);
  if (id === undefined || verdict.from !== 'verified') return undefined;
  if ((await state.placed(account, from, id)) === undefined) return undefined;
  const target = id as ForeignId;
  if (reaction) return { kind: 'reaction', target, emoji: reaction };
  if (id.endsWith(`@${config.domain}`)) return undefined;
  return chat?.edits ? { kind: 'edit', target, text } : { kind: 'retract', target };
}
