import type { NetworkMapping, Rung } from '#src/model/capabilities.ts';
import type { Draft, EventBody, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';
import { urlText } from './files.ts';
import {
  actionWithAsterisk,
  asText,
  callRefused,
  drop,
  editInFull,
  filesAsLinks,
  formAsText,
  keep,
  noticeAsText,
  quoted,
  refuse,
  reshape,
  spoilerAsPrefix,
  subjectAsLine,
  without,
} from './rungs.ts';
import { segmentsOf } from './segments.ts';
import { smartEncode } from './smart.ts';
import { excerpt } from './split.ts';
import { tapback } from './tapbacks.ts';
import { changedWords } from './words.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

type EditDraft = Draft & Extract<EventBody, { kind: 'edit' }>;

const changedInOneSegment: Rung<EditDraft> = {
  does: {
    en: 'a text with an asterisk and the changed words if that fits one segment, otherwise an error',
    de: 'eine SMS mit Sternchen und den geänderten Wörtern, wenn das in ein Segment passt, sonst ein Fehler',
  },
  apply(draft, context, target) {
    const words = `* ${changedWords(context.previous, draft.text)}`;
    if (segmentsOf(smartEncode(words)) > 1)
      throw new Failure('not-supported', {
        text: {
          en: 'An SMS cannot be corrected, and the correction is too long to add.',
          de: 'Eine SMS lässt sich nicht korrigieren, und die Korrektur ist zu lang zum Nachreichen.',
        },
      });
    return asText<EditDraft>('', () => words).apply(draft, context, target);
  },
};

type MessageDraft = Draft & Message;

/** Code points of a long text that stand before its link: all of it fits one segment with most links. */
const BEGINNING = 40;

const segmentsText = (segments: number, most: number): Text => ({
  en: `This would take ${segments} SMS segments, and at most ${most} are sent at once.`,
  de: `Das wären ${segments} SMS-Segmente, und höchstens ${most} werden auf einmal verschickt.`,
});

const tooLong = (text: string, most: number) =>
  new Failure('too-large', {
    text: segmentsText(segmentsOf(smartEncode(text)), most),
  });

/** A text is paid for by its segments, so only a few words stand before the link. */
const beginningAndLink: Rung<MessageDraft> = {
  does: {
    en: 'its first words and a link to the whole text, or an error where there is no such link',
    de: 'die ersten Wörter und ein Link zum ganzen Text, oder ein Fehler, wo es keinen solchen Link gibt',
  },
  apply(draft, context, target) {
    const { whole } = context;
    if (!whole) throw tooLong(draft.text, target.text.size);
    const until = whole.until === undefined ? '' : ` (until ${whole.until})`;
    const words = smartEncode(`${excerpt(draft.text, BEGINNING)} ${urlText(whole.url)}${until}`);
    return asText<MessageDraft>('', () => words).apply(draft, context, target);
  },
};

const longRefused: Rung<MessageDraft> = {
  does: {
    en: 'an error for the sender, with the number of segments',
    de: 'ein Fehler für den Absender, mit der Anzahl der Segmente',
  },
  apply(draft, _context, target) {
    throw tooLong(draft.text, target.text.size);
  },
};

/** What SMS carries, as far as every provider and phone does. */
export const sms: NetworkMapping = {
  facts: {
    // Nobody is asked for a place in a roster, and there is no presence but that somebody has opted out.
    // Of a form what digits can answer; the thread tells its asker which one came back.
    out: { message: 'full', form: 'partial', thread: 'full', contact: 'partial' },
    // Phones tell reactions and edits in words; `read` comes with RCS only.
    in: {
      message: 'full',
      form: 'full',
      thread: 'full',
      presence: 'partial',
      reaction: 'partial',
      edit: 'partial',
      marker: 'partial',
    },
    // Providers join up to ten segments to one message.
    text: { format: 'plain', unit: 'segments', size: 10, pieces: 1, lines: true },
    // MMS, where the operator's number can.
    files: { image: 'partial', audio: 'partial', video: 'partial' },
    // Providers take five megabytes with all that is around them.
    fileSize: 5_000_000,
    // A phrase tells of one.
    reactions: { most: 1 },
    shows: ['available', 'xa'],
    unseen: { en: 'SMS, no presence', de: 'SMS, ohne Anwesenheit' },
    identity: 'operator',
    rooms: 'none',
    confirms: 'delivered',
    // To a phone there is nothing that says it but a text, which costs.
    blocked: 'silence',
    // RELIABILITY: four hours, and a word to the sender after a quarter of one.
    delivery: { window: 1, expiry: 4 * HOUR, told: 15 * MINUTE },
    durability: {
      // What becomes of a reaction is a text that costs as much as any.
      out: { contact: { message: 'journal', edit: 'journal', reaction: 'journal' } },
      in: { contact: { message: 'journal', edit: 'journal', reaction: 'journal' } },
    },
  },
  policy: {
    out: {
      long: { default: 'link', link: beginningAndLink, refuse: longRefused },
      edit: {
        default: 'changed',
        changed: changedInOneSegment,
        whole: editInFull,
        refuse: refuse('not-supported', {
          en: 'An SMS cannot be corrected.',
          de: 'Eine SMS lässt sich nicht korrigieren.',
        }),
      },
      retract: {
        default: 'refuse',
        refuse: refuse('not-supported', {
          en: 'An SMS cannot be unsent.',
          de: 'Eine SMS lässt sich nicht zurücknehmen.',
        }),
      },
      reaction: {
        // An emoji makes a text three segments.
        default: 'drop',
        phrase: asText(
          { en: 'a phrase such as Liked "...", in one segment', de: 'ein Satz wie Liked "...", in einem Segment' },
          ({ emoji, quote }) => tapback(emoji, quote),
        ),
        drop,
        window: 10 * SECOND,
      },
      reply: {
        default: 'quote',
        quote: reshape(
          { en: 'the first words of the message before the text', de: 'die ersten Wörter der Nachricht vor dem Text' },
          ({ replyTo: _, ...draft }, { quote }) => {
            const words = quoted(quote);
            return words === '' ? draft : { ...draft, text: `Re ${words}: ${draft.text}` };
          },
        ),
        drop: without('replyTo'),
      },
      action: {
        default: 'asterisk',
        asterisk: actionWithAsterisk,
      },
      notice: {
        default: 'plain',
        plain: noticeAsText,
      },
      file: {
        default: 'link',
        link: filesAsLinks,
        refuse: refuse('not-supported', {
          en: 'SMS carries no files.',
          de: 'Per SMS lassen sich keine Dateien verschicken.',
        }),
      },
      subject: { default: 'line', line: subjectAsLine, drop: without('subject') },
      form: {
        default: 'ask',
        ask: keep({
          en: 'one text for each question, answered in digits, and the form back to whoever asked',
          de: 'eine SMS für jede Frage, mit Ziffern beantwortet, und das Formular zurück an den, der gefragt hat',
        }),
        text: formAsText,
        refuse: refuse('not-supported', {
          en: 'A form cannot be answered by SMS.',
          de: 'Ein Formular lässt sich per SMS nicht beantworten.',
        }),
      },
      mention: { default: 'drop', drop: without('mentions') },
      spoiler: { default: 'prefix', prefix: spoilerAsPrefix, drop: without('spoiler') },
      presence: { default: 'drop', drop },
      typing: { default: 'drop', drop },
      // Each text costs, a number can be forged, and whoever wrote may be a program that answers.
      receipt: { default: 'drop', drop },
      marker: { default: 'drop', drop },
      profile: { default: 'drop', drop },
      attention: {
        default: 'refuse',
        refuse: refuse('not-supported', {
          en: 'SMS has no way to call for attention.',
          de: 'Per SMS lässt sich nicht um Aufmerksamkeit bitten.',
        }),
        drop,
      },
      call: {
        default: 'refuse',
        refuse: callRefused,
      },
      contact: { default: 'drop', drop },
      nick: { default: 'drop', drop },
    },
    in: {},
  },
};
