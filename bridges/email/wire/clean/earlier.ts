import { FORWARDED, LABELS, ORIGINAL, WROTE } from '#mappings/mail-phrases.ts';
import { isBlankLine } from './lines.ts';

/**
 * Where an earlier mail begins within a text, other than by `>`: `from` is the first line that speaks of it, `body` the first of
 * what it says. `marked`: a line says that it is handed on.
 */
export type EarlierMail = {
  readonly from: number;
  readonly body: number;
  readonly marked: boolean;
  readonly headers: EarlierHeaders;
};
export type EarlierHeaders = { readonly from?: string; readonly subject?: string };

type Label = keyof typeof LABELS;
const LABEL_NAMES = Object.keys(LABELS) as Label[];
const MOST_HEADERS = 14;
const LONGEST_ATTRIBUTION = 4;

/** The first earlier mail in these lines, none of which begins with `>`. */
export function earlierMail(lines: readonly string[]): EarlierMail | undefined {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (isBlankLine(line)) continue;
    const found = FORWARDED.test(line)
      ? forwarded(lines, at)
      : ORIGINAL.test(line)
        ? answered(lines, at)
        : bare(lines, at);
    if (found) return found;
  }
  return undefined;
}

function forwarded(lines: readonly string[], at: number): EarlierMail {
  const block = headerBlock(lines, nextText(lines, at + 1), true);
  return { from: at, body: block?.end ?? at + 1, marked: true, headers: block?.headers ?? {} };
}

function answered(lines: readonly string[], at: number): EarlierMail {
  const next = nextText(lines, at + 1);
  const block = headerBlock(lines, next, true);
  const attribution = block ? undefined : bareAttribution(lines.slice(next, next + LONGEST_ATTRIBUTION));
  const body = block?.end ?? (attribution?.from === 0 ? next + attribution.body : at + 1);
  return { from: at, body, marked: false, headers: block?.headers ?? {} };
}

/** The mail that these lines hand on behind `>`, with the line that says so, as Apple Mail does; nothing else follows. */
export function quotedForward(
  lines: readonly string[],
): { readonly from: number; readonly lines: readonly string[] } | undefined {
  const from = lines.findIndex((line) => /^ ?>/.test(line));
  const rest = from < 0 ? [] : lines.slice(from);
  if (!FORWARDED.test((lines[from] ?? '').replace(/^ ?> ?/, '')) || attributionAt(lines.slice(0, from), true) > 0)
    return undefined;
  if (rest.some((line) => !isBlankLine(line) && !/^ ?>/.test(line))) return undefined;
  return { from, lines: rest.map((line) => line.replace(/^ ?> ?/, '')) };
}

/** Outlook has the headers alone, below a rule or nothing. */
function bare(lines: readonly string[], at: number): EarlierMail | undefined {
  const block = headerBlock(lines, at, false);
  if (!block) return undefined;
  const before = lines.slice(0, at).findLastIndex((line) => !isBlankLine(line));
  const ruled = before >= 0 && /^[\s*]*[_-]{5,}(?:[^_-].{0,60}[_-]{2,})?\s*$/.test(lines[before] ?? '');
  return { from: ruled ? before : at, body: block.end, marked: false, headers: block.headers };
}

const nextText = (lines: readonly string[], from: number): number => {
  const found = lines.findIndex((line, at) => at >= from && !isBlankLine(line));
  return found < 0 ? lines.length : found;
};

/**
 * Headers of a mail as text: From and two more of Date, To and Subject. Below a line that says so (`sure`) any two are enough.
 * What is wrapped goes on in the next line.
 */
function headerBlock(
  lines: readonly string[],
  from: number,
  sure: boolean,
): { end: number; headers: EarlierHeaders } | undefined {
  const first = labelOf(lines[from]);
  if (!first) return undefined;
  const found = new Map<Label, string>();
  let end = from;
  for (let at = from; at < Math.min(lines.length, from + MOST_HEADERS); at++) {
    const line = lines[at] ?? '';
    const labelled = labelOf(line);
    if (labelled && !found.has(labelled.label)) {
      found.set(labelled.label, labelled.value);
      end = at + 1;
    } else if (isOtherHeader(line) || (found.size < 4 && end === at && isAnyHeader(line))) end = at + 1;
    else if (isBlankLine(line) && !labelOf(lines[at + 1])) break;
  }
  const named = found.has('subject') || /\S@\S/.test(found.get('from') ?? '');
  const enough = sure ? found.size >= 2 : found.size >= 3 && found.has('from') && named;
  if (!enough) return undefined;
  const [author, subject] = [found.get('from'), found.get('subject')];
  return { end: endOf(lines, end), headers: { ...(author && { from: author }), ...(subject && { subject }) } };
}

/** The rest of a header that was wrapped ends with a blank line, where one is near. */
function endOf(lines: readonly string[], end: number): number {
  const blank = lines.findIndex((line, at) => at >= end && isBlankLine(line));
  const wrapped = blank >= 0 && blank - end <= 1 && /^\s+\S/.test(lines[end] ?? '');
  return wrapped ? blank : end;
}

function labelOf(line: string | undefined): { label: Label; value: string } | undefined {
  const [, name, value] =
    /^[\s*]*([\p{L}][\p{L}\s]{0,20}?)\s*\*?\s*[:：]\*?\s*(.*)$/u.exec((line ?? '').slice(0, 2000)) ?? [];
  if (name === undefined) return undefined;
  const label = LABEL_NAMES.find((key) => LABELS[key].test(name.trim()));
  return label && { label, value: (value ?? '').replace(/\*$/, '').trim() };
}

const isOtherHeader = (line: string): boolean =>
  /^[\s*]*(?:Cc|Bcc|Kopie|Copie|Copia|CC|Reply-To|Antwort an|Importance|Wichtigkeit|Attachments?|Anlagen?|抄送|副本)\s*\*?\s*[:：]/i.test(
    line,
  );

/** A header by a name that we do not know, among those that we do. */
const isAnyHeader = (line: string): boolean => /^[\s*]*\p{L}[\p{L}-]{1,20} ?[:：] ?\S/u.test(line);

/**
 * How many lines at the end of these say who wrote what is quoted below. `quoted`: what follows is behind `>`; else only what can
 * hardly be anything else counts.
 */
export function attributionAt(lines: readonly string[], quoted: boolean): number {
  const end = lines.findLastIndex((line) => !isBlankLine(line)) + 1;
  for (let count = 1; count <= Math.min(LONGEST_ATTRIBUTION, end); count++) {
    const said = lines.slice(end - count, end);
    if (said.some(isBlankLine)) break;
    if (isAttribution(joinWrapped(said), quoted)) return lines.length - (end - count);
  }
  return 0;
}

/** Lines that a program has wrapped, also between `<` and the address, without the marks of a direction. */
const joinWrapped = (lines: readonly string[]): string =>
  lines
    .join(' ')
    .replace(BIDI, '')
    .replace(/< (?=\S+@)/g, '<')
    .trim();

const BIDI = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** A day, a time, or a day of the week. */
const DATED =
  /\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b|\d{1,2}[:.h]\d{2}|\b(?:19|20)\d{2}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}月/i;
const FIRST_PERSON = /(?:^|\s)(?:I|we|ich|wir|j['’]ai|nous)\s/i;
const ADDRESSED = /[<([][^\s<>@]+@[^\s<>@]+[>)\]]/;

function isAttribution(text: string, quoted: boolean): boolean {
  if (text.length > 400 || !/[:：]$|写道$|のメッセージ$/.test(text) || !OPENING.test(text) || FIRST_PERSON.test(text))
    return false;
  const [wrote, dated, addressed] = [WROTE, DATED, ADDRESSED].map((pattern) => pattern.test(text));
  if (!quoted) return wrote === true && dated === true && addressed === true;
  return wrote === true ? dated === true || addressed === true : dated === true && addressed === true;
}

/** Whether lines that are quoted say themselves who wrote them: as Apple Mail has it, or by headers. */
export function isSigned(quoted: readonly string[]): boolean {
  const first = nextText(quoted, 0);
  const blank = quoted.findIndex((line, at) => at > first && isBlankLine(line));
  const opening = quoted.slice(first, Math.min(blank < 0 ? quoted.length : blank, first + LONGEST_ATTRIBUTION));
  return (
    opening.some((_, at) => attributionAt(opening.slice(0, at + 1), true) === at + 1) ||
    headerBlock(quoted, first, false) !== undefined
  );
}

/** An attribution begins with its date or with who it is about: not in the midst of a sentence. */
const OPENING =
  /^[-\s*]*(?:On|Am|Le|El|Il|In data|Em|Op|Den|W dniu|Dnia|Dne|Den|På|tors?|\d|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?,|(?:пн|вт|ср|чт|пт|сб|вс)|在|於|ב|في|20\d\d|.{1,80}[<(][^<>()\s]+@)/i;

/** The first line of an attribution that stands in the text without a quote below, and the first after it. */
export function bareAttribution(
  lines: readonly string[],
): { readonly from: number; readonly body: number } | undefined {
  for (let at = 0; at < lines.length; at++) {
    if (!/[:：]\s*$/.test(lines[at] ?? '')) continue;
    const count = attributionAt(lines.slice(0, at + 1), false);
    if (count > 0) return { from: at + 1 - count, body: at + 1 };
  }
  return undefined;
}
