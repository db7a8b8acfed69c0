import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
import type { DraftOf } from '#src/model/capabilities.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { MediaStore } from './media.ts';

export type InlineContext = {
  readonly media: Pick<MediaStore, 'reserve' | 'fill'> | undefined;
  readonly xmpp: Pick<XmppSide, 'bits'>;
};

/** A message whose files all have addresses that others can fetch them from; `put` resolves once they are there. */
export type PutUp = { readonly draft: DraftOf<'message'>; readonly put: (() => Promise<void>) | undefined };

/** Files of one message that come within stanzas (SECURITY rule 11). */
const MOST = 10;

/** RFC 2397, RFC 2392: the address is the file itself, or its name at the sender's client alone. */
const isInline = ({ url }: FileRef): boolean => /^(?:data|cid):/i.test(url);

/**
 * Puts files that come within a message or beside it on our own media listener. The message has their new addresses at
 * once, and nothing is asked for or written before `put`. Throws a `Failure` where nobody keeps files; `put` rejects with one
 * where a file cannot be had or kept.
 */
export function putUp(
  { media, xmpp }: InlineContext,
  draft: DraftOf<'message'>,
  { account, origin }: { readonly account: AccountKey; readonly origin: Origin },
): PutUp {
  const { files = [] } = draft;
  const inline = files.filter(isInline);
  if (inline.length === 0) return { draft, put: undefined };
  if (!media || inline.length > MOST)
    throw new Failure('not-supported', {
      text: texts.noPictures,
    });
  const work: (() => Promise<void>)[] = [];
  const moved = files.map((file): FileRef => {
    if (!isInline(file)) return file;
    const name = origin.originId ?? origin.id;
    // When the message comes again it is the same: by its address it is recognised, and it is not kept twice.
    const spot = media.reserve(file.name ?? nameOf(file), name && JSON.stringify([account, name, file.url]));
    work.push(async () => {
      const { type, data } = await contentOf(file, origin, xmpp);
      await media.fill(spot, data, { account, type });
    });
    return { ...file, url: spot.url };
  });
  return { draft: { ...draft, files: moved }, put: () => Promise.all(work.map((put) => put())).then(() => undefined) };
}

function nameOf({ type = '' }: FileRef): string {
  const [, ending] = /^image\/(png|jpeg|gif|webp)$/i.exec(type) ?? [];
  return ending === undefined ? 'picture' : `picture.${ending.toLowerCase()}`;
}

async function contentOf({ url }: FileRef, origin: Origin, xmpp: Pick<XmppSide, 'bits'>): Promise<Bits> {
  if (/^cid:/i.test(url)) return xmpp.bits(origin, url.slice('cid:'.length));
  return dataIn(url);
}

/** What an address holds, as RFC 2397 has it. */
export type Bits = { readonly type: string; readonly data: Uint8Array };

function dataIn(url: string): Bits {
  const [, type = '', base64, text = ''] = /^data:([^,;]*)(?:;[^,;]*)*?(;base64)?,(.*)$/is.exec(url) ?? [];
  return { type: type || 'text/plain', data: base64 ? Buffer.from(text, 'base64') : Buffer.from(unescaped(text)) };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
