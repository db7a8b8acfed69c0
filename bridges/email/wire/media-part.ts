import { cleanName } from '#mappings/names.ts';
import { headerOf, type RawHeader } from './header-block.ts';
import { readStructured } from './parameters.ts';

/**
 * What a part is for: text that people read, another that contains parts, what programs read (reports and reactions), or a file.
 * An invitation to an event is both of the last.
 */
export type PartRole = 'text' | 'html' | 'multipart' | 'machine' | 'file' | 'calendar';

/** A part of a mail as its headers describe it (RFC 2045, 2183), the mail itself among them. */
export type MediaPart = {
  readonly role: PartRole;
  /** In small letters, without parameters; `application/octet-stream` where it makes no sense. */
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  /** Content-Transfer-Encoding, in small letters. */
  readonly encoding: string;
  readonly disposition: string;
  /** Of a file, decoded and cleaned. */
  readonly name?: string;
  readonly contentId?: string;
  /** Of a multipart, never empty. */
  readonly boundary: string;
  readonly headers: readonly RawHeader[];
  readonly parent: MediaPart | undefined;
};

/** A part with the text of it, where it is none of the files. */
export type ReadPart = { readonly part: MediaPart; readonly text: string };

const MACHINE = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/disposition-notification',
  'message/global-disposition-notification',
  'message/feedback-report',
  'text/rfc822-headers',
  'message/global-headers',
  'text/vnd.google.email-reaction+json',
]);

const CONTROL = /^application\/(?:pgp-encrypted|(?:pgp|(?:x-)?pkcs7)-signature)$/;

/** RFC 6838 §4.2 */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
const LONGEST_NAME = 200;

export function mediaPartOf(headers: readonly RawHeader[], parent: MediaPart | undefined): MediaPart {
  const content = readStructured(headerOf(headers, 'content-type') ?? '');
  const placed = readStructured(headerOf(headers, 'content-disposition') ?? '');
  const boundary = content.params.get('boundary')?.trim() ?? '';
  const name = fileName(placed.params.get('filename') || content.params.get('name') || '');
  const contentId = /<?([^<>\s]{1,250})>?/.exec(headerOf(headers, 'content-id') ?? '')?.[1];
  const type = typeOf(content.value, parent, name, placed.value);
  return {
    role: roleOf(type, placed.value, boundary !== '', name !== undefined, parent),
    type,
    params: content.params,
    encoding: (headerOf(headers, 'content-transfer-encoding') ?? '').replace(/[\s;(].*$/, '').toLowerCase(),
    disposition: placed.value,
    ...(name && { name }),
    ...(contentId && { contentId }),
    boundary,
    headers,
    parent,
  };
}

/** RFC 2045 §5.2, RFC 2046 §5.1.5: what says nothing is a text, in a digest a mail, and a file where it has a name. */
function typeOf(value: string, parent: MediaPart | undefined, name: string | undefined, disposition: string): string {
  if (MEDIA_TYPE.test(value)) return value;
  if (/^multipart\b/.test(value)) return 'multipart/mixed';
  if (parent?.type === 'multipart/digest' && value === '') return 'message/rfc822';
  if (value === 'text' || (value === '' && !name && disposition !== 'attachment')) return 'text/plain';
  return 'application/octet-stream';
}

function roleOf(
  type: string,
  disposition: string,
  bounded: boolean,
  named: boolean,
  parent: MediaPart | undefined,
): PartRole {
  // A multipart without a boundary cannot be taken apart, and is read as it is.
  if (type.startsWith('multipart/')) return bounded ? 'multipart' : 'text';
  // RFC 9078 §2: the disposition says that it is a reaction.
  if (MACHINE.has(type) || disposition === 'reaction') return 'machine';
  if (type === 'message/rfc822' && parent?.type === 'multipart/report') return 'machine';
  // RFC 1847 §2: it says something of the part beside it, and nothing to a person.
  if (CONTROL.test(type) && /^multipart\/(?:signed|encrypted)$/.test(parent?.type ?? '')) return 'machine';
  if (type === 'text/calendar') return 'calendar';
  if (disposition === 'attachment' || (named && !isBody(type, parent))) return 'file';
  if (type === 'text/html') return 'html';
  return type === 'text/plain' || type === 'text/enriched' ? 'text' : 'file';
}

/** Some programs name the text of the mail, too: it stands where only texts do. */
const isBody = (type: string, parent: MediaPart | undefined): boolean =>
  /^text\/(?:plain|html)$/.test(type) && (parent === undefined || parent.type === 'multipart/alternative');

/** The last segment of a path, without what turns the text around, at most 200 characters with its ending. */
export function fileName(raw: string): string | undefined {
  const last = raw.split(/[/\\]/).findLast((segment) => segment.trim() !== '') ?? '';
  const clean = cleanName(last, 1000).replace(/[<>:"|?*]/g, '_');
  if (/^\.*$/.test(clean)) return undefined;
  const ending = /\.[^.]{1,10}$/.exec(clean)?.[0] ?? '';
  const characters = [...clean];
  return characters.length <= LONGEST_NAME
    ? clean
    : characters.slice(0, LONGEST_NAME - [...ending].length).join('') + ending;
}
