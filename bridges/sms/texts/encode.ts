import { urlText } from '#mappings/files.ts';
import { segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import { type Speaking, speakerWords } from '#mappings/sms-speaker.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { isBlank } from '#src/model/text.ts';
import { texts } from './catalogue.ts';

/** What an outgoing text depends on. */
export type OutboundContext = { readonly speaking: Speaking; readonly mostSegments: number; readonly mms: boolean };

/** A text as the provider gets it. */
export type EncodedText = { readonly text: string; readonly media: readonly string[] };

/** The most addresses that go with one MMS. */
const MOST_MEDIA = 10;

/** The text of a message with the words that say who writes. Pure. Throws a `Failure` for what cannot be sent. */
export function encode(event: Event, { speaking, mostSegments, mms }: OutboundContext): EncodedText {
  if (event.kind !== 'message') throw new Failure('not-supported');
  const files = event.files ?? [];
  if (files.length > 0 && !mms) throw new Failure('not-supported', { text: texts.filesAsLinks });
  if (files.length > MOST_MEDIA) throw new Failure('too-large', { text: texts.mostFiles(MOST_MEDIA) });
  const said = withoutControls(event.text);
  if (isBlank(said) && files.length === 0) throw new Failure('not-acceptable', { text: texts.nothingToSend });
  const text = smartEncode(`${speakerWords(speaking)}${said}`).trimEnd();
  const segments = segmentsOf(text);
  if (segments > mostSegments)
    throw new Failure('too-large', {
      text: texts.segments(segments, mostSegments),
    });
  return { text, media: files.map(({ url }) => urlText(url)) };
}

/** Line breaks are LF, and other control characters mean nothing to a phone or something else than here. */
const withoutControls = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (char) => (char === '\t' ? ' ' : ''));
