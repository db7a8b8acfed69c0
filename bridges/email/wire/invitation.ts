import { cleanName } from '#mappings/names.ts';
import type { MailInvitation } from './mail.ts';
import type { ReadPart } from './media-part.ts';

const LONGEST = 200;
const METHODS: Readonly<Record<string, MailInvitation['method']>> = {
  request: 'request',
  publish: 'request',
  cancel: 'cancel',
  reply: 'reply',
};

/** RFC 5545 §3.2.12 */
const ANSWERS: Readonly<Record<string, NonNullable<MailInvitation['answer']>>> = {
  accepted: 'accepted',
  declined: 'declined',
  tentative: 'tentative',
};

/** The event that a mail invites to, calls off or answers: the first of its calendar (RFC 5545, RFC 5546). */
export function invitationOf(read: readonly ReadPart[]): MailInvitation | undefined {
  const found = read.find(({ part }) => part.role === 'calendar');
  if (!found) return undefined;
  // RFC 5545 §3.1: a line goes on behind a line break and a blank.
  const lines = found.text.replace(/\n[ \t]/g, '').split('\n');
  const from = lines.findIndex((line) => /^BEGIN:VEVENT\s*$/i.test(line));
  if (from < 0) return undefined;
  const end = lines.findIndex((line, at) => at > from && /^(?:END:VEVENT|BEGIN:)/i.test(line));
  const event = lines.slice(from + 1, end < 0 ? undefined : end);
  const method = (
    found.part.params.get('method') ??
    propertyOf(lines.slice(0, from), 'METHOD') ??
    'request'
  ).toLowerCase();
  const [summary, location] = [textOf(event, 'SUMMARY'), textOf(event, 'LOCATION')];
  const [start, until] = [timeOf(event, 'DTSTART'), timeOf(event, 'DTEND')];
  const answer =
    ANSWERS[/;PARTSTAT="?([A-Z-]{1,20})/i.exec(property(event, 'ATTENDEE')?.[1] ?? '')?.[1]?.toLowerCase() ?? ''];
  return {
    method: METHODS[method] ?? 'request',
    ...(summary && { summary }),
    ...(location && { location }),
    ...(start && { start }),
    ...(until && { until }),
    ...(answer && { answer }),
  };
}

const property = (lines: readonly string[], name: string): RegExpExecArray | undefined => {
  const pattern = new RegExp(`^${name}((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$`, 'i');
  return lines.map((line) => pattern.exec(line)).find((found) => found !== null) ?? undefined;
};

const propertyOf = (lines: readonly string[], name: string): string | undefined => property(lines, name)?.[2]?.trim();

/** RFC 5545 §3.3.11 */
const textOf = (lines: readonly string[], name: string): string | undefined => {
  const value = propertyOf(lines, name)
    ?.replace(/\\([nN])/g, ' ')
    .replace(/\\([\\;,])/g, '$1');
  return value === undefined ? undefined : cleanName(value, LONGEST) || undefined;
};

/** `2026-12-01 10:00 Europe/Berlin`, `2026-12-01` for a whole day (RFC 5545 §3.3.4, 3.3.5). */
function timeOf(lines: readonly string[], name: string): string | undefined {
  const [, parameters = '', value = ''] = property(lines, name) ?? [];
  const [, year, month, day, hour, minute, utc] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?\s*$/.exec(value) ?? [];
  if (year === undefined) return undefined;
  const zone = utc ? 'UTC' : /;TZID="?([\w+/ -]{1,60})"?/i.exec(parameters)?.[1];
  return [
    `${year}-${month}-${day}`,
    ...(hour === undefined ? [] : [`${hour}:${minute}`, ...(zone ? [zone] : [])]),
  ].join(' ');
}
