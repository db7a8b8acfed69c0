import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { OpenedFile, StateWrite } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { ReadMail } from './incoming.ts';

/** Bytes of a mail that is kept as it came; of a larger one its headers and its text are, for its files are messages anyway. */
export const MOST_ORIGINAL = 1_000_000;

/** Characters of a text that is told. What is behind them is read in the original. */
const LONGEST = 10_000;
/** How far before that a line or a word may end. */
const WORD = 200;

/** Mails as they came, each behind a link for its user that expires. */
export type Originals = {
  /** What is kept of a mail that is told under an id in a place of its user's, and the link to it, where there is one. */
  keep(
    mail: ReadMail,
    of: { readonly account: AccountKey; readonly place: string; readonly id: string },
  ): { readonly writes: readonly StateWrite[]; readonly url?: string };
  /** A link to the last one in a place. Rejects with a `Failure` where there is none any more. */
  last(account: AccountKey, place: string): Promise<string>;
  /** As `Bridge.openFile`. */
  open(reference: string): Promise<OpenedFile>;
};

export function openOriginals({
  host,
  config,
  state: { mac },
}: Pick<EmailTransport, 'host' | 'config' | 'state'>): Originals {
  const { state, clock, media } = host;
  const { originals: lifetime } = config;
  const keyOf = (token: string): string => `original/${token}`;
  const lastKey = (place: string): string => `last-original/${mac('last-original', place)}`;

  /** Nothing where there is no public address. */
  function linkTo(account: AccountKey, token: string, left: number): (FileRef & { expires: number }) | undefined {
    const isWhole = token.startsWith('m');
    const [name, type] = isWhole ? ['mail.eml', 'message/rfc822'] : ['mail.txt', 'text/plain'];
    try {
      return media.lend(JSON.stringify([account, token]), { name, type, lifetime: left, account });
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }

  return {
    keep(mail, { account, place, id }) {
      if (lifetime === 0) return { writes: [] };
      const token = `${mail.raw ? 'm' : 't'}${mac('original', place, id)}`;
      const link = linkTo(account, token, lifetime);
      const expires = clock.now() + lifetime;
      return {
        writes: [
          { account, key: keyOf(token), value: mail.raw ?? textOf(mail), seal: true, expires },
          { account, key: lastKey(place), value: `${token} ${expires}`, seal: true, expires },
        ],
        ...(link && { url: link.url }),
      };
    },
    async last(account, place) {
      const [token, expires = '0'] = (await state.get({ account, key: lastKey(place) }))?.split(' ') ?? [];
      if (token === undefined) throw new Failure('item-not-found', { text: texts.noOriginal });
      const link = linkTo(account, token, Number(expires) - clock.now());
      if (!link) throw new Failure('service-unavailable', { text: texts.noLinks });
      return link.url;
    },
    async open(reference) {
      const [account = '', token = ''] = JSON.parse(reference) as string[];
      const bytes = await state.bytes({ account: account as AccountKey, key: keyOf(token) });
      if (!bytes) throw new Failure('gone');
      return { content: new Blob([Uint8Array.from(bytes)]).stream(), size: bytes.length };
    },
  };
}

/** A mail without its files. */
function textOf({ parsed: { headers, text, html = '' } }: ReadMail): string {
  const head = headers.map(({ name, value }) => `${name}: ${value}`).join('\n');
  return `${head}\n\n${text ?? html}\n`;
}

/** The beginning of what is too long to be told, with where the whole is; all of it where that is nowhere. */
export function beginningOf(
  { host }: Pick<EmailTransport, 'host'>,
  text: string,
  { account, url, isCut }: { account: AccountKey; url: string | undefined; isCut: boolean },
): string {
  const told = (words: Parameters<typeof wordsIn>[0]): string => wordsIn(words, host.language(account));
  if (url === undefined) return isCut ? `${text}\n${told(texts.cut)}` : text;
  const isLong = text.length > LONGEST;
  if (!isLong && !isCut) return text;
  return `${isLong ? shortened(text) : text}\n${told(texts.wholeAt(url))}`;
}

/** Cut behind a line or a word, where one ends nearby. */
function shortened(text: string): string {
  const head = text.slice(0, LONGEST);
  const end = Math.max(head.lastIndexOf('\n'), head.lastIndexOf(' '));
  return end > LONGEST - WORD ? head.slice(0, end).trimEnd() : head.replace(/[\ud800-\udbff]$/, '');
}
