import type { Feature, Level, Levels, MessagePart, Target } from '#src/model/capabilities.ts';
import type { Draft, EventKind, FileRef, Message } from '#src/model/event.ts';
import { fileType } from './files.ts';

/** The name under which the tables know a draft. XEP-0333 says `displayed`, which is another matter than `delivered`. */
export const featureOf = (draft: Draft): EventKind | 'marker' =>
  draft.kind === 'receipt' && draft.state === 'displayed' ? 'marker' : draft.kind;

/** How well a feature is carried. A file or text that is asked about is one that does not fit. */
export const levelIn = (levels: Levels, feature: Feature): Level =>
  feature === 'file' || feature === 'long' ? 'none' : (levels[feature] ?? 'none');

export const carriesFile = ({ files, fileSize }: Pick<Target, 'files' | 'fileSize'>, file: FileRef): boolean =>
  (files[fileType(file)] ?? 'none') !== 'none' && (file.size ?? 0) <= (fileSize ?? Number.POSITIVE_INFINITY);

/** Whether a message has nothing that could be one of its parts. Most have not: they are asked once, and not for each. */
export const isBare = ({ style, spoiler, replyTo, files, form, subject, thread, mentions }: Message): boolean =>
  style === 'plain' &&
  (spoiler ?? replyTo ?? files ?? form ?? subject ?? thread) === undefined &&
  (mentions === undefined || mentions.length === 0);

/** How each part is told in a message, in the order in which they are taken care of. */
export const parts: readonly { readonly part: MessagePart; has(message: Message, target: Target): boolean }[] = [
  { part: 'spoiler', has: ({ spoiler }) => spoiler !== undefined },
  { part: 'reply', has: ({ replyTo }) => replyTo !== undefined },
  { part: 'file', has: ({ files }, target) => files?.some((file) => !carriesFile(target, file)) ?? false },
  { part: 'form', has: ({ form }) => form !== undefined },
  { part: 'subject', has: ({ subject }) => subject !== undefined },
  { part: 'thread', has: ({ thread }) => thread !== undefined },
  { part: 'mention', has: ({ mentions }) => mentions !== undefined && mentions.length > 0 },
  { part: 'action', has: ({ style }) => style === 'action' },
  { part: 'notice', has: ({ style }) => style === 'notice' },
];
