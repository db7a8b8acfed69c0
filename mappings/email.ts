import type { NetworkMapping, Rung } from '#src/model/capabilities.ts';
import type { Draft, Message } from '#src/model/event.ts';
import { fileText } from './files.ts';
import { carriesFile } from './parts.ts';
import {
  actionWithAsterisk,
  callRefused,
  drop,
  editChangedWords,
  editInFull,
  failureOnly,
  formAsText,
  keep,
  noticeAsText,
  reactionAsLine,
  refuse,
  spoilerAsPrefix,
  wholeAsLink,
  without,
} from './rungs.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A mail has room for both: a link that the text has already is not told again. */
const linksBelow: Rung<Draft & Message> = {
  does: { en: 'a link with name and size below the text', de: 'ein Link mit Name und Größe unter dem Text' },
  apply({ files = [], ...draft }, _context, target) {
    const attached = files.filter((file) => carriesFile(target, file));
    const links = files.filter((file) => !carriesFile(target, file) && !draft.text.includes(file.url)).map(fileText);
    const text = [draft.text, links.join('\n')].filter((part) => part.trim() !== '').join('\n\n');
    return [{ ...draft, text, ...(attached.length > 0 && { files: attached }) }];
  },
};

/** What mail carries, whoever the peer is. */
export const email: NetworkMapping = {
  facts: {
    // Of a form what is no secret. Nobody is asked for a place in a roster, and there is no presence but that mail does not arrive.
    // Who is written to with Delta Chat can be told of changes, who has asked for it that a mail was read.
    out: {
      message: 'full',
      subject: 'full',
      thread: 'full',
      reply: 'full',
      form: 'partial',
      contact: 'partial',
      edit: 'partial',
      retract: 'partial',
      reaction: 'partial',
      // A thread with several is a room.
      occupant: 'full',
      topic: 'full',
      marker: 'partial',
      receipt: 'partial',
    },
    reactions: { unread: true },
    // Delta Chat corrects and takes back, Gmail and it react. A vacation answer is a status, and a disposition notification (RFC 8098) says that a mail was read.
    in: {
      message: 'full',
      subject: 'full',
      thread: 'full',
      form: 'full',
      reply: 'full',
      edit: 'full',
      retract: 'full',
      reaction: 'full',
      presence: 'partial',
      contact: 'partial',
      marker: 'partial',
      occupant: 'full',
      occupants: 'full',
      topic: 'full',
      room: 'full',
    },
    // A stanza has less than that, so that nothing is cut.
    text: { format: 'styling', unit: 'bytes', size: 262_144, pieces: 1, lines: true },
    // Attached up to a size that most servers take, with what base64 adds; the operator may lower it.
    files: { image: 'full', audio: 'full', video: 'full', other: 'full' },
    fileSize: 15_000_000,
    shows: ['available', 'xa'],
    unseen: { en: 'Email, no presence', de: 'E-Mail, ohne Anwesenheit' },
    identity: 'both',
    rooms: 'room',
    confirms: 'delivered',
    // RFC 5321 §6.1: of each mail that was taken.
    losses: 'each',
    // RELIABILITY: five days, five minutes to an hour apart, and a word to the sender after four hours. What is written in
    // a row goes as one mail.
    delivery: {
      window: 1,
      expiry: 5 * DAY,
      told: 4 * HOUR,
      retry: { min: 5 * MINUTE, max: HOUR },
      pause: 4 * HOUR,
      burst: 20 * SECOND,
    },
    durability: {
      out: {
        contact: { message: 'journal', receipt: 'journal', edit: 'journal', retract: 'journal', reaction: 'journal' },
        room: { message: 'journal', edit: 'journal' },
      },
      in: {
        room: { message: 'journal', reaction: 'journal' },
        contact: { message: 'journal', receipt: 'journal', edit: 'journal', retract: 'journal', reaction: 'journal' },
      },
    },
  },
  policy: {
    out: {
      long: {
        default: 'link',
        link: wholeAsLink,
        refuse: refuse('too-large', {
          en: 'This is too long for a mail from here.',
          de: 'Das ist zu lang für eine E-Mail von hier.',
        }),
      },
      edit: {
        default: 'chat',
        chat: keep({
          en: 'a correction where the recipient has Delta Chat, else a line with an asterisk and the whole new text',
          de: 'eine Korrektur, wo der Empfänger Delta Chat hat, sonst eine Zeile mit Sternchen und dem ganzen neuen Text',
        }),
        whole: editInFull,
        changed: editChangedWords,
        refuse: refuse('not-supported', {
          en: 'A mail cannot be corrected.',
          de: 'Eine E-Mail lässt sich nicht korrigieren.',
        }),
      },
      retract: {
        default: 'chat',
        chat: keep({
          en: 'a retraction where the recipient has Delta Chat, else an error for the sender',
          de: 'eine Rücknahme, wo der Empfänger Delta Chat hat, sonst ein Fehler für den Absender',
        }),
        refuse: refuse('not-supported', {
          en: 'A mail cannot be unsent.',
          de: 'Eine E-Mail lässt sich nicht zurücknehmen.',
        }),
      },
      reaction: {
        // A mail for a thumb is noise for who has never shown to read it as one.
        default: 'known',
        on: keep({ en: 'a reaction (RFC 9078, Gmail)', de: 'eine Reaktion (RFC 9078, Gmail)' }),
        known: {
          does: {
            en: 'a reaction, to who has reacted or has Delta Chat',
            de: 'eine Reaktion, an wen reagiert hat oder Delta Chat hat',
          },
          keeps: true,
          apply: (draft, _context, { reactions }) => (reactions?.unread ? [] : [draft]),
        },
        line: reactionAsLine,
        off: drop,
        window: 10 * SECOND,
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
        link: linksBelow,
        refuse: refuse('not-supported', {
          en: 'Files are not sent by mail from here.',
          de: 'Dateien werden von hier nicht per E-Mail verschickt.',
        }),
      },
      form: {
        default: 'ask',
        ask: keep({
          en: 'one question with choices as a link for each, several as a link to a page, also answered by numbers; a form that asks for a secret as text',
          de: 'eine Frage mit Auswahl als ein Link für jede Antwort, mehrere als Link zu einer Seite, auch mit Nummern zu beantworten; ein Formular mit einem Geheimnis als Text',
        }),
        text: formAsText,
        refuse: refuse('not-supported', {
          en: 'A form cannot be answered by mail.',
          de: 'Ein Formular lässt sich per E-Mail nicht beantworten.',
        }),
      },
      mention: { default: 'drop', drop: without('mentions') },
      spoiler: { default: 'prefix', prefix: spoilerAsPrefix, drop: without('spoiler') },
      presence: { default: 'drop', drop },
      typing: { default: 'drop', drop },
      // A receipt of delivery is the 250 of our own server; what it cannot keep is reported.
      receipt: {
        default: 'failure',
        failure: {
          ...failureOnly,
          does: {
            en: 'a report (RFC 3464) of a mail that was taken and could not be delivered, and nothing else',
            de: 'ein Bericht (RFC 3464) über eine E-Mail, die angenommen wurde und nicht zugestellt werden konnte, sonst nichts',
          },
        },
        drop,
      },
      marker: {
        // Whoever asks learns when their mail is looked at: only by the choice of who does.
        default: 'drop',
        answer: keep({
          en: 'a read receipt (RFC 8098) for a mail that asks for one',
          de: 'eine Lesebestätigung (RFC 8098) für eine E-Mail, die darum bittet',
        }),
        drop,
      },
      profile: { default: 'drop', drop },
      attention: {
        default: 'refuse',
        refuse: refuse('not-supported', {
          en: 'Mail has no way to call for attention.',
          de: 'Per E-Mail lässt sich nicht um Aufmerksamkeit bitten.',
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
