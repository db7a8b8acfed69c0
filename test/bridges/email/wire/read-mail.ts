import { type MailFile, type MailLimits, type ParsedMail, usualLimits } from '#bridges/email/wire/mail.ts';
import { parseMail } from '#bridges/email/wire/parse.ts';
import { splitMail } from '#bridges/email/wire/split.ts';

export type KeptFile = MailFile & { readonly bytes: Buffer };

/** A mail in pieces of that many bytes. */
export async function* pieces(raw: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < raw.length; at += size) yield raw.subarray(at, at + size);
}

/** Reads a mail as it would come over a socket, in this thread. Lines of a text given as such end with LF or CRLF. */
export async function readMail(
  raw: string | Uint8Array,
  { limits = usualLimits, chunk = 4096 }: { limits?: MailLimits; chunk?: number } = {},
): Promise<{ mail: ParsedMail; files: KeptFile[] }> {
  const files: KeptFile[] = [];
  const keep = async (file: MailFile, bytes: ReadableStream<Uint8Array>): Promise<void> => {
    files.push({ ...file, bytes: Buffer.concat(await Array.fromAsync(bytes)) });
  };
  const slim = await splitMail(pieces(typeof raw === 'string' ? Buffer.from(raw) : raw, chunk), keep, limits);
  return { mail: parseMail(slim), files };
}
