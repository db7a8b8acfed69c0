import type { MailFile } from '#bridges/email/wire/mail.ts';
import type { HeldFile, Host } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { IncomingFile } from './incoming.ts';

/** The files of a mail while it is not known whether anybody takes it: they count against nobody's quota. */
export type HeldFiles = {
  /** Takes one in, or reads over what cannot be kept. */
  hold(file: MailFile, bytes: ReadableStream<Uint8Array>): Promise<void>;
  /** They are those of an account from here on: of the first that is asked for, whoever else has the mail. */
  of(account: AccountKey): Promise<readonly IncomingFile[]>;
  /** Drops what nobody has taken. */
  close(): Promise<void>;
};

export function openHeldFiles({ media }: Pick<Host, 'media'>): HeldFiles {
  const held: { readonly file: MailFile; readonly bytes?: HeldFile }[] = [];
  let kept: Promise<readonly IncomingFile[]> | undefined;

  async function keep(account: AccountKey): Promise<readonly IncomingFile[]> {
    const files: IncomingFile[] = [];
    for (const { file, bytes } of held) {
      const ref = await bytes?.keep(account).catch(notKept);
      files.push({ file, ...(ref && { ref: { ...ref, ...within(file) } }) });
    }
    return files;
  }

  return {
    async hold(file, content) {
      const { name, type } = file;
      const bytes = await media.hold(content, { type, ...(name !== undefined && { name }) }).catch(notKept);
      if (!bytes && !content.locked) for await (const _ of content);
      held.push({ file, ...(bytes && { bytes }) });
    },
    of: (account) => (kept ??= keep(account)),
    async close() {
      if (!kept) await Promise.all(held.map(({ bytes }) => bytes?.drop()));
    },
  };
}

/** A picture that is in the text is shown there. */
const within = ({ inline, type }: MailFile): Pick<FileRef, 'disposition'> =>
  inline && /^image\//i.test(type) ? { disposition: 'inline' } : {};

/** Who has no room for a file has the mail without it. */
function notKept(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}
