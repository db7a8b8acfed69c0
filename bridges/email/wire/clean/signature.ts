import type { Mailbox } from '#bridges/email/wire/mail.ts';
import { CLOSING, DEVICE_LINES, DISCLAIMER } from '#mappings/mail-phrases.ts';
import { isBlankLine, trimLines, wordsOf } from './lines.ts';

/** RFC 3676 §4.3 has four lines; what is much longer is no signature. */
const [LONGEST_SIGNATURE, LONGEST_SIGN_OFF] = [15, 9] as const;

/**
 * The lines without what stands below them by itself: signature, what a program says of itself, a company's small print. A sign-off that
 * is all there is (`alone`) stays.
 */
export function withoutSignature(written: readonly string[], author: Mailbox, alone: boolean): readonly string[] {
  let lines = withoutFooters(withoutDelimited(withoutFooters(trimLines(written), author), author), author);
  for (;;) {
    const rest = withoutFooters(trimLines(withoutSignOff(lines, author, alone ? 1 : 0)), author);
    if (rest.length === lines.length) return lines;
    lines = rest;
  }
}

function withoutFooters(written: readonly string[], author: Mailbox): readonly string[] {
  let lines = trimLines(written);
  for (;;) {
    const rest = trimLines(withoutFooter(lines, author));
    if (rest.length === lines.length) return lines;
    lines = rest;
  }
}

/** Below `-- ` (or `--`, as many programs take the blank away). Paragraphs that are no signature are kept. */
function withoutDelimited(lines: readonly string[], author: Mailbox): readonly string[] {
  const at = lines.findLastIndex((line) => /^--\s*$/.test(line));
  if (at < 0) return lines;
  const below = lines.slice(at + 1);
  const sure = lines[at] === '-- ';
  const blank = below.findIndex((line, index) => index > 0 && isBlankLine(line));
  const [signature, after] = blank < 0 ? [below, []] : [below.slice(0, blank), paragraphs(below.slice(blank))];
  if (signature.length > LONGEST_SIGNATURE || !(sure || isSignature(signature, author))) return lines;
  const kept = after.filter((paragraph) => !isSmallPrint(paragraph) && !isSignature(paragraph, author));
  return [...lines.slice(0, at), ...kept.flatMap((paragraph) => ['', ...paragraph])];
}

const isSignature = (lines: readonly string[], author: Mailbox): boolean =>
  lines.every((line) => line.length <= 100) &&
  lines.length <= LONGEST_SIGN_OFF &&
  lines.some((line) => isName(line, author) || isContact(line)) &&
  lines.every((line) => !isSentence(line));

/** What programs and companies add below everything. Small print that is all there is was written. */
function withoutFooter(lines: readonly string[], author: Mailbox): readonly string[] {
  const last = paragraphs(lines).at(-1);
  if (!last) return lines;
  const above = trimLines(lines.slice(0, lines.length - last.length));
  if (isSmallPrint(last) && above.length > 0) return above;
  const rule = lines.findIndex((line, at) => at >= lines.length - LONGEST_SIGNATURE && isRule(line));
  if (
    rule >= 0 &&
    isBelowRule(
      lines.slice(rule).filter((line) => !isRule(line) && !isBlankLine(line)),
      author,
    )
  )
    return lines.slice(0, rule);
  return isDevice(last.at(-1) ?? '') ? lines.slice(0, -1) : lines;
}

const isRule = (line: string): boolean => /^\s*[-_=*~+#─━＝―]{8,}\s*$/.test(line);

/** A card between rules, or the footer of a mailing list. */
const isBelowRule = (lines: readonly string[], author: Mailbox): boolean =>
  lines.length > 0 &&
  lines.length <= LONGEST_SIGN_OFF &&
  (lines.slice(0, 2).some((line) => /mailing list/i.test(line)) ||
    (lines.some(isContact) && lines.every((line) => isContact(line) || isName(line, author) || isTitle(line))));

const isDevice = (line: string): boolean => {
  const text = line.trim().replace(/^[*_]+|[*_]+$/g, '');
  return text.length < 300 && !/[?]$/.test(text) && DEVICE_LINES.some((pattern) => pattern.test(text));
};

function isSmallPrint(lines: readonly string[]): boolean {
  const text = lines.join(' ');
  return DISCLAIMER.opening.test(text) && new Set(text.toLowerCase().match(DISCLAIMER.words)).size >= 2;
}

/** "Kind regards", a name that is the author's, and what else stands on a card, to the end. In doubt all of it is kept. */
function withoutSignOff(lines: readonly string[], author: Mailbox, first: number): readonly string[] {
  for (let at = Math.max(first, lines.length - LONGEST_SIGN_OFF - 3); at < lines.length; at++) {
    const below = lines.slice(at + 1).filter((line) => !isBlankLine(line));
    const closed = CLOSING.test((lines[at] ?? '').trim());
    if (closed && isCard(below, author)) return lines.slice(0, at);
    // A card without a closing word: the whole name, and a way to reach them.
    const alone = !closed && isBlankLine(lines[at - 1] ?? '') && isWholeName(lines[at] ?? '', author);
    if (alone && below.some(isContact) && isCard([lines[at] ?? '', ...below], author)) return lines.slice(0, at);
  }
  return lines;
}

function isCard(lines: readonly string[], author: Mailbox): boolean {
  const [first, ...rest] = lines;
  if (first === undefined) return false;
  return isName(first, author) && rest.every((line) => isContact(line) || isName(line, author) || isTitle(line));
}

/** A line of a card: short, and no sentence. */
const isTitle = (line: string): boolean =>
  line.length <= 60 && /^[\p{Lu}\p{Lo}\p{N}|(*]/u.test(line.trim()) && !isSentence(line) && wordsOf(line).length <= 7;

const isSentence = (line: string): boolean =>
  /[?!.。？！…]\s*$/.test(line) && !/\b(?:Inc|Ltd|Co|Corp|Dr|St|Str|e\.V|S\.A|Jr|B\.V|GmbH|AG)\.\s*$/.test(line);

/** Ways to reach somebody: an address, a number, a page, or a line that says which it is. */
const isContact = (line: string): boolean =>
  line.length <= 120 &&
  !isSentence(line) &&
  (/^[^\s@]*\s?(?:[^\s@:]{1,20}[:：]\s*)?<?[^\s@<>]+@[^\s@<>]+>?$/.test(line.trim()) ||
    /^(?:[\p{L}.\s-]{0,20}[:：.|]?\s*)?[+(]?\d[\d\s()./-]{5,24}\d(?:\s*(?:[|·,]|\(\w+\)).{0,60})?$/u.test(
      line.trim(),
    ) ||
    /^(?:[\p{L}\s-]{1,15}[:：]\s*)?(?:https?:\/\/|www\.)\S+$/iu.test(line.trim()));

const isWholeName = (line: string, author: Mailbox): boolean =>
  author.name !== undefined &&
  wordsOf(author.name).length >= 2 &&
  wordsOf(line).join(' ') === wordsOf(author.name).join(' ');

/** Some of the author's name and nothing but names: two thirds of the words may be others ("Dr. Bob Miller-Smith"). */
function isName(line: string, author: Mailbox): boolean {
  const names = new Set(
    [...wordsOf(author.name ?? ''), ...wordsOf(author.address.split('@', 1)[0] ?? '')].filter(
      (word) => word.length > 1,
    ),
  );
  const words = wordsOf(line);
  return (
    words.length > 0 &&
    words.length <= 5 &&
    words.some((word) => names.has(word)) &&
    !isSentence(line.replace(/\.$/, ''))
  );
}

function paragraphs(lines: readonly string[]): (readonly string[])[] {
  const found: string[][] = [[]];
  for (const line of lines) {
    if (!isBlankLine(line)) found.at(-1)?.push(line);
    else if (found.at(-1)?.length) found.push([]);
  }
  return found.filter((paragraph) => paragraph.length > 0);
}
