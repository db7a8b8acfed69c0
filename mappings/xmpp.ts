import type { NetworkMapping } from '#src/model/capabilities.ts';
import { joined, type Text } from '#src/model/language.ts';
import { cleanName } from './names.ts';
import {
  asText,
  drop,
  editChangedWords,
  editInFull,
  filesAsLinks,
  formAsText,
  noticeAsText,
  noticeMarked,
  paced,
  reactionAsLine,
  reshape,
  subjectAsLine,
  without,
} from './rungs.ts';
import { excerpt } from './split.ts';
import { lineTexts as lines } from './texts/lines.ts';

/** A sentence with what belongs to it. */
const worded = (text: Text, more: string | undefined): Text => (more ? joined([text, more], ': ') : text);

/** XMPP as the gateway speaks it at present: what it writes to people (`in`), and what it reads from them (`out`). */
export const xmpp: NetworkMapping = {
  facts: {
    out: {
      message: 'full',
      action: 'full',
      subject: 'full',
      thread: 'full',
      form: 'full',
      edit: 'full',
      retract: 'full',
      reaction: 'full',
      reply: 'full',
      mention: 'full',
      spoiler: 'full',
      typing: 'full',
      receipt: 'full',
      marker: 'full',
      attention: 'full',
      call: 'full',
      topic: 'full',
      nick: 'full',
      occupant: 'partial',
      affiliation: 'full',
      invite: 'full',
      room: 'full',
      presence: 'full',
      contact: 'full',
      profile: 'full',
    },
    // What a client does not know stands in the text of the same message (XEP-0428).
    in: {
      message: 'full',
      action: 'full',
      subject: 'full',
      thread: 'full',
      form: 'full',
      edit: 'full',
      retract: 'full',
      reaction: 'full',
      reply: 'full',
      mention: 'full',
      spoiler: 'full',
      typing: 'full',
      marker: 'full',
      attention: 'full',
      occupant: 'full',
      occupants: 'full',
      topic: 'full',
      invite: 'full',
      room: 'full',
      presence: 'full',
      contact: 'full',
      profile: 'full',
    },
    // A stanza has 64 KiB for the text as it is escaped, what quotes another before it, and the rest.
    text: { format: 'styling', unit: 'escaped', size: 32_768, pieces: 32, lines: true, aside: 8_192 },
    files: { image: 'full', audio: 'full', video: 'full', other: 'full' },
    shows: ['available', 'chat', 'away', 'xa', 'dnd', 'offline'],
    identity: 'own',
    rooms: 'shared',
    confirms: 'taken',
    durability: {},
  },
  policy: {
    out: {},
    in: {
      long: { default: 'split', split: paced },
      notice: {
        default: 'mark',
        mark: noticeMarked,
        plain: noticeAsText,
        drop,
      },
      edit: { default: 'full', full: editInFull, changed: editChangedWords, drop },
      retract: {
        default: 'line',
        line: asText(
          {
            en: 'a line that a message was taken back, without its text',
            de: 'eine Zeile, dass eine Nachricht zurückgenommen wurde, ohne ihren Text',
          },
          ({ by, reason }) => worded(by === undefined ? lines.tookBack : lines.removedBy(by), reason),
          'action',
        ),
        drop,
      },
      reaction: { default: 'line', line: reactionAsLine, drop },
      // As the fallback text of XEP-0461 looks to those who know nothing of replies.
      reply: {
        default: 'quote',
        quote: reshape(
          { en: 'the quoted words above the text', de: 'die zitierten Wörter über dem Text' },
          ({ replyTo: _, ...draft }, { quote, author }) => {
            const words = quote === undefined ? '' : excerpt(quote, 120);
            if (words === '' || draft.style === 'action') return draft;
            const name = cleanName(author ?? '');
            return { ...draft, text: `> ${name === '' ? '' : `${name}: `}${words}\n${draft.text}` };
          },
        ),
        drop: without('replyTo'),
      },
      file: { default: 'link', link: filesAsLinks },
      form: { default: 'text', text: formAsText },
      subject: { default: 'line', line: subjectAsLine, drop: without('subject') },
      thread: { default: 'drop', drop: without('thread') },
      mention: { default: 'drop', drop: without('mentions') },
      typing: { default: 'drop', drop },
      // A receipt is given once, by what becomes of the message that asked for it (XEP-0184).
      receipt: { default: 'drop', drop },
      marker: { default: 'drop', drop },
      attention: {
        default: 'line',
        line: asText(
          { en: 'a line that your attention is wanted', de: 'eine Zeile, dass Ihre Aufmerksamkeit gewünscht ist' },
          () => lines.attention,
          'action',
        ),
        drop,
      },
      call: {
        default: 'line',
        line: asText(
          { en: 'a line that somebody called', de: 'eine Zeile, dass jemand angerufen hat' },
          () => lines.called,
          'action',
        ),
      },
      // The change of each occupant's role comes as an event of its own.
      affiliation: { default: 'drop', drop },
      nick: { default: 'drop', drop },
    },
  },
};
