import { htmlToText } from '#bridges/email/wire/html.ts';
import type { CleanText, Mailbox, ParsedMail } from '#bridges/email/wire/mail.ts';
import { mailboxesOf } from '#bridges/email/wire/mailbox.ts';
import { FORWARD_SUBJECT } from '#mappings/mail-phrases.ts';
import { attributionAt, bareAttribution, type EarlierMail, earlierMail, isSigned, quotedForward } from './earlier.ts';
import { blocksOf, isBlankLine, type TextBlock, trimLines, wordsOf } from './lines.ts';
import { withoutSignature } from './signature.ts';

/** What cleaning reads of a mail. */
export type WrittenMail = Pick<ParsedMail, 'from' | 'subject' | 'text' | 'html' | 'chat'>;

/** Of a quote that is answered within, its last lines are kept. */
const MOST_QUOTED = 8;
const LONGEST_LINE = 20_000;

/**
 * What the writer says anew. Left out is what certainly comes from elsewhere: quotes at the end, earlier mails below, what programs
 * and companies add. Answers within a quote stay with what they answer. `sent` are texts of ours, the newest first.
 */
export function cleanText(mail: WrittenMail, sent: readonly string[]): CleanText {
  const whole = (mail.text ?? (mail.html ? htmlToText(mail.html) : '')).replace(/\r\n?/g, '\n');
  const lines = whole.split('\n').flatMap(cutLine).flatMap(splitAttribution).map(keepDelimiter);
  const { own, tail, forward } = divide(lines, mail, sent);
  const answered = answersIn(own, mail.from, sent);
  const text = [...answered, ...tail]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const plain = mail.chat?.edits ? text.replace(/^✏️?\s*/u, '') : text;
  return {
    text: plain,
    shortened: wordsOf(plain).length + wordsOf(forward?.text ?? '').length < wordsOf(whole).length,
    ...(forward && { forwarded: forward }),
  };
}

/** Blanks at the end of a line say nothing, except before a signature. */
const keepDelimiter = (line: string): string => (line === '-- ' ? line : line.trimEnd());

const cutLine = (line: string): string[] =>
  line.length <= LONGEST_LINE
    ? [line]
    : Array.from({ length: Math.ceil(line.length / LONGEST_LINE) }, (_, at) =>
        line.slice(at * LONGEST_LINE, (at + 1) * LONGEST_LINE),
      );

/** Yahoo's app writes the quote into the line that says whose it is. */
function splitAttribution(line: string): string[] {
  const [, said, quoted] = /^\s*([^:]{1,20}\D\d.{8,200}<[^\s<>@]+@[^\s<>]+>.{1,30}:)\s{2,}(\S.*)$/.exec(line) ?? [];
  return said !== undefined && quoted !== undefined && attributionAt([said], false) > 0 ? [said, quoted] : [line];
}

type Divided = { own: readonly string[]; tail: readonly string[]; forward?: CleanText['forwarded'] };

/** Divides what the writer has above from an earlier mail below, which is handed on, or quoted with answers in it, or only quoted. */
function divide(lines: readonly string[], mail: WrittenMail, sent: readonly string[]): Divided {
  const handed = quotedForward(lines);
  if (handed) return divide([...lines.slice(0, handed.from), ...handed.lines], mail, sent);
  const earlier = earlierMail(lines);
  const marked = earlier?.marked || (earlier && FORWARD_SUBJECT.test(mail.subject ?? ''));
  if (earlier && marked) return { own: lines.slice(0, earlier.from), tail: [], forward: forwardOf(lines, earlier) };
  const bare = bareAttribution(lines);
  const cut =
    earlier && (!bare || earlier.from <= bare.from)
      ? earlier
      : bare && !isQuotedNext(lines, bare.body)
        ? bare
        : earlier;
  if (!cut) return { own: lines, tail: [] };
  return { own: lines.slice(0, cut.from), tail: answersBelow(lines.slice(cut.body), mail.from, sent) };
}

const isQuotedNext = (lines: readonly string[], from: number): boolean => {
  const next = lines.slice(from).find((line) => !isBlankLine(line));
  return next === undefined || /^ ?>/.test(next);
};

function forwardOf(lines: readonly string[], { body, headers }: EarlierMail): NonNullable<CleanText['forwarded']> {
  const from: Mailbox | undefined = headers.from
    ? mailboxesOf(headers.from.replace(/\[mailto:([^\]\s]+)\]/i, '<$1>').replace(/<mailto:[^>]*>/i, ''))[0]
    : undefined;
  const below = trimLines(lines.slice(body));
  // Apple Mail and others quote what they hand on.
  const quoted = below.length > 0 && below.every((line) => isBlankLine(line) || /^ ?>/.test(line));
  const text = (quoted ? below.map((line) => line.replace(/^ ?> ?/, '')) : below)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return { ...(from && { from }), ...(headers.subject && { subject: headers.subject }), text };
}

/** Answers in an earlier mail below its headers: to quotes that are marked, or in the midst of what was ours. */
function answersBelow(lines: readonly string[], author: Mailbox, sent: readonly string[]): readonly string[] {
  const older = earlierMail(lines);
  const region = trimLines(older ? lines.slice(0, older.from) : lines);
  if (!/^ ?>/.test(region[0] ?? '')) return foreign(region, sent);
  const last = region.findLastIndex((line) => !isBlankLine(line) && !/^ ?>/.test(line));
  return last < 0 ? [] : answersIn(region.slice(0, last + 1), author, sent);
}

/**
 * What stands in an earlier mail below and is none of ours: somebody wrote answers into it without any mark. It is found only where
 * most of that mail is what we sent; each answer keeps the line of ours above it.
 */
function foreign(region: readonly string[], sent: readonly string[]): readonly string[] {
  const ours = new Set(
    sent
      .flatMap((text) => text.split('\n'))
      .map(keyOf)
      .filter((key) => key !== ''),
  );
  const known = region.filter((line) => ours.has(keyOf(line))).length;
  const written = region.filter((line) => !isBlankLine(line)).length;
  if (known === 0 || known * 2 < written) return [];
  const out: string[] = [];
  let above: string | undefined;
  for (const line of region) {
    if (isBlankLine(line)) continue;
    if (ours.has(keyOf(line))) above = line;
    else {
      if (above !== undefined) out.push('', `> ${above}`);
      out.push(line);
      above = undefined;
    }
  }
  return out;
}

const keyOf = (line: string): string => wordsOf(line).join(' ');

/** The writer's blocks in their order, with the quotes that they answer. Quotes at the end go where they are of an earlier mail. */
function answersIn(lines: readonly string[], author: Mailbox, sent: readonly string[]): readonly string[] {
  const blocks = blocksOf(lines);
  const written = blocks.map((block, at) => (block.quoted ? block : ownBlock(blocks, at, sent)));
  const own = written.filter(isOwn).length;
  const signed = (said: readonly string[]): readonly string[] => withoutSignature(said, author, own === 1);
  const last = written.findLastIndex((block, at) =>
    block.quoted ? !isEarlier(blocks, at, sent) : signed(block.lines).length > 0,
  );
  const kept = written.slice(0, last + 1);
  const lastOwn = kept.findLastIndex(isOwn);
  const first = kept.findIndex(isOwn);
  const quotes = kept.filter(({ quoted }) => quoted).length;
  const whole = quotes === 1 && first > 0 && quotesAll(blocks, sent);
  return kept.flatMap(({ quoted, lines: said }, at) => {
    if (quoted) return whole ? [] : at > lastOwn ? ['', ...said.map((line) => `> ${line}`)] : quoteOf(said);
    return ['', ...trimLines(at === lastOwn ? signed(said) : said)];
  });
}

const isOwn = ({ quoted, lines }: TextBlock): boolean => !quoted && lines.some((line) => !isBlankLine(line));

/** Whether a quote is of a mail before: something says so, or we know it as ours. Else the writer quotes for their own sake. */
function isEarlier(blocks: readonly TextBlock[], at: number, sent: readonly string[]): boolean {
  const { lines } = blocks[at] as TextBlock;
  if (isSigned(lines) || attributionAt(blocks[at - 1]?.lines ?? [], true) > 0) return true;
  // In a mail with answers in it, what is left of the quote below the last one goes with the rest.
  if (blocks.slice(0, at).some(({ quoted }, before) => quoted && isEarlier(blocks, before, []))) return true;
  const quoted = keyOf(lines.filter((line) => !line.startsWith('>')).join(' '));
  return quoted === '' || sent.some((text) => keyOf(text).includes(quoted));
}

/** A block of the writer's without the line about the quote below it, and without the end of a line of ours that was wrapped. */
function ownBlock(blocks: readonly TextBlock[], at: number, sent: readonly string[]): TextBlock {
  const { lines } = blocks[at] as TextBlock;
  const count = blocks[at + 1]?.quoted ? attributionAt(lines, true) : 0;
  const from = isWrapped(blocks[at - 1]?.lines.at(-1), lines[0] ?? '', sent) ? 1 : 0;
  return { quoted: false, lines: lines.slice(from, lines.length - count) };
}

/** The line goes on with what we said in the quoted one before it. */
function isWrapped(quoted: string | undefined, line: string, sent: readonly string[]): boolean {
  if (quoted === undefined || isBlankLine(quoted) || isBlankLine(line)) return false;
  const both = keyOf(`${quoted} ${line}`);
  return sent.some((text) => keyOf(text).includes(both));
}

/** The whole mail is quoted above the answer: a program did that, as the line above it or what we sent shows. */
function quotesAll(blocks: readonly TextBlock[], sent: readonly string[]): boolean {
  const at = blocks.findIndex(({ quoted }) => quoted);
  const quote = blocks[at]?.lines ?? [];
  const quoted = wordsOf(quote.filter((line) => !line.startsWith('>')).join(' '));
  const original = sent.find((text) => wordsOf(text).join(' ').includes(quoted.slice(0, 8).join(' ')));
  if (original === undefined || quoted.length === 0) return isEarlier(blocks, at, []);
  return quoted.length * 10 >= wordsOf(original).length * 8;
}

/** What is answered: the last paragraph above the answer, on its nearest level. */
function quoteOf(lines: readonly string[]): readonly string[] {
  const nearest = trimLines(lines.filter((line) => !line.startsWith('>')));
  const said = trimLines(nearest.length > 0 ? nearest : lines.map((line) => line.replace(/^[> ]+/, '')));
  const paragraph = said.slice(said.findLastIndex(isBlankLine) + 1).slice(-MOST_QUOTED);
  return ['', ...paragraph.map((line) => `> ${line}`)];
}
