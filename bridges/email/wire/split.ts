import { serialize } from 'node:v8';
import { type MailFile, type MailLimits, MailRefused, type SlimMail } from './mail.ts';
import type { MediaPart } from './media-part.ts';
import { MimeReader } from './mime-reader.ts';
import { type TransferDecoder, transferDecoder } from './transfer.ts';

/** A mail without its files, in the order of its parts: whose child each is, its headers, and of texts the decoded bytes. */
export type SlimParts = {
  readonly cut: boolean;
  readonly parts: readonly { readonly parent: number; readonly block: Uint8Array; readonly body: Uint8Array }[];
};

/** What a program has to say to programs is short. In bytes. */
const LONGEST_REPORT = 65_536;

type Keep = (file: MailFile, bytes: ReadableStream<Uint8Array>) => Promise<void>;
type Step = { readonly open: MailFile } | { readonly bytes: Uint8Array } | 'close';
type SlimPart = { parent: number; block: Uint8Array; pieces: Uint8Array[]; size: number; decoder: TransferDecoder };

/**
 * Takes a mail apart as it comes: the bytes of each file go to `keep` while they are read, one file after the other, and what is
 * left is resolved with. Rejects with `MailRefused` over a limit, and with what `keep` rejects with.
 */
export async function splitMail(content: AsyncIterable<Uint8Array>, keep: Keep, limits: MailLimits): Promise<SlimMail> {
  const { reader, steps, slim } = slimming(limits);
  const files = fileWriter(keep);
  let size = 0;
  try {
    for await (const piece of content) {
      size += piece.length;
      if (size > limits.size) throw new MailRefused(552, '5.3.4', 'The mail is too large.');
      reader.push(piece);
      for (const step of steps.splice(0)) await files.take(step);
    }
    reader.end();
    for (const step of steps.splice(0)) await files.take(step);
  } catch (error) {
    files.abort(error);
    throw error;
  }
  return serialize(slim());
}

/** Reads parts: texts are collected up to the limit, files become steps to be taken. */
function slimming(limits: MailLimits) {
  const steps: Step[] = [];
  const parts = new Map<MediaPart, SlimPart>();
  let cut = false;
  let text = 0;
  let numbers = 0;
  const collect = (part: MediaPart, slim: SlimPart, bytes: Uint8Array): void => {
    const left =
      part.role === 'text' || part.role === 'html' || part.role === 'multipart'
        ? limits.text - text
        : LONGEST_REPORT - slim.size;
    if (bytes.length > left) cut = true;
    const kept = Buffer.from(bytes.subarray(0, Math.max(0, left)));
    if (part.role !== 'machine' && part.role !== 'calendar') text += kept.length;
    slim.size += kept.length;
    if (kept.length > 0) slim.pieces.push(kept);
  };
  const take = (part: MediaPart, bytes: Uint8Array): void => {
    const slim = parts.get(part);
    if (bytes.length === 0 || !slim) return;
    if (isFile(part)) steps.push({ bytes });
    if (part.role !== 'file') collect(part, slim, bytes);
  };
  const reader = new MimeReader(
    {
      part(part, block) {
        const parent = part.parent ? [...parts.keys()].indexOf(part.parent) : -1;
        parts.set(part, {
          parent,
          block: Buffer.from(block),
          pieces: [],
          size: 0,
          decoder: transferDecoder(part.encoding),
        });
        if (isFile(part)) steps.push({ open: mailFileOf(part, numbers++) });
      },
      body: (part, piece) => take(part, parts.get(part)?.decoder.push(piece) ?? piece),
      end(part) {
        take(part, parts.get(part)?.decoder.end() ?? new Uint8Array());
        if (isFile(part)) steps.push('close');
      },
    },
    limits,
  );
  const slim = (): SlimParts => ({
    cut,
    parts: [...parts.values()].map(({ parent, block, pieces }) => ({ parent, block, body: Buffer.concat(pieces) })),
  });
  return { reader, steps, slim };
}

export const isFile = ({ role }: MediaPart): boolean => role === 'file' || role === 'calendar';

/** A file as it is told, with its number in the order of the mail. */
export function mailFileOf(part: MediaPart, number: number): MailFile {
  const name = part.name ?? NAMES[part.type];
  return {
    part: number,
    ...(name && { name }),
    type: part.type,
    inline:
      part.disposition === 'inline' || (part.contentId !== undefined && part.parent?.type === 'multipart/related'),
    ...(part.contentId && { contentId: part.contentId }),
  };
}

/** What files without a name are called. */
const NAMES: Readonly<Record<string, string>> = { 'message/rfc822': 'message.eml', 'text/calendar': 'invite.ics' };

/** Hands one file after the other to `keep`, as fast as that reads. What it leaves unread is skipped. */
function fileWriter(keep: Keep) {
  let writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  let kept: Promise<'kept'> | undefined;
  const done = async (work: Promise<void>): Promise<void> => {
    if ((await Promise.race([work, kept])) === 'kept') writer = undefined;
  };
  return {
    async take(step: Step): Promise<void> {
      if (step === 'close') {
        // The reader may have gone already, which is told by what `keep` resolves or rejects with.
        writer?.close().catch(() => {});
        await kept;
        writer = kept = undefined;
      } else if ('open' in step) {
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        writer = writable.getWriter();
        writer.closed.catch(() => {});
        kept = keep(step.open, readable).then(() => 'kept');
        kept.catch(() => {});
      } else if (writer) {
        const written = writer.write(Uint8Array.from(step.bytes));
        written.catch(() => {});
        await done(written);
      }
    },
    abort(reason: unknown): void {
      writer?.abort(reason).catch(() => {});
    },
  };
}
