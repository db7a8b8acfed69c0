import type { Capabilities, Durability, NetworkMapping } from '#src/model/capabilities.ts';
import type { EventKind } from '#src/model/event.ts';
import {
  drop,
  failureOnly,
  filesAsLinks,
  formAsText,
  keep,
  noticeAsText,
  noticeMarked,
  paced,
  refuse,
  subjectAsLine,
  wholeAsLink,
  without,
} from './rungs.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** What is said is kept until it has arrived; what changes a room is answered at once, or not at all. */
const journaled: Readonly<Partial<Record<EventKind, Durability>>> = {
  message: 'journal',
  edit: 'journal',
  retract: 'journal',
  reaction: 'journal',
};

const facts: Capabilities = {
  out: {
    message: 'full',
    action: 'full',
    notice: 'full',
    mention: 'full',
    spoiler: 'full',
    reply: 'full',
    thread: 'full',
    edit: 'full',
    retract: 'full',
    reaction: 'full',
    typing: 'full',
    receipt: 'partial',
    marker: 'full',
    occupant: 'partial',
    affiliation: 'partial',
    nick: 'full',
    topic: 'full',
    invite: 'full',
    room: 'partial',
    presence: 'partial',
    profile: 'full',
    // Nobody there is asked whether they may be written to or seen.
    contact: 'partial',
  },
  in: {
    message: 'full',
    action: 'full',
    notice: 'full',
    mention: 'full',
    spoiler: 'full',
    reply: 'full',
    thread: 'full',
    edit: 'full',
    retract: 'full',
    reaction: 'full',
    typing: 'full',
    receipt: 'partial',
    marker: 'full',
    call: 'full',
    contact: 'partial',
    occupant: 'full',
    occupants: 'full',
    topic: 'full',
    invite: 'full',
    room: 'full',
    presence: 'full',
    profile: 'full',
  },
  // An event has 65 536 bytes (client-server API §10.2) with the text twice, once as HTML, and JSON around it.
  text: { format: 'styling', unit: 'bytes', size: 16_000, pieces: 8, lines: true },
  files: { image: 'full', audio: 'full', video: 'full', other: 'full' },
  shows: ['available', 'away', 'offline'],
  identity: 'both',
  rooms: 'shared',
  unseen: { en: 'Matrix, no presence', de: 'Matrix, ohne Anwesenheit' },
  extras: ['people', 'rooms', 'spaces', 'pictures'],
  confirms: 'taken',
  // Order is that of the answers: one at a time in each conversation.
  delivery: { window: 1, expiry: 24 * HOUR },
  durability: {
    out: { contact: journaled, shared: journaled, room: journaled },
    in: { contact: { ...journaled, invite: 'journal', call: 'journal' }, shared: journaled, room: journaled },
  },
};

/** What Matrix carries (client-server API 1.16), as homeservers have it and the bridge knows it. */
export const matrix: NetworkMapping = {
  facts,
  policy: {
    out: {
      long: { default: 'link', link: wholeAsLink, split: paced },
      file: { default: 'link', link: filesAsLinks },
      subject: { default: 'line', line: subjectAsLine, drop: without('subject') },
      form: {
        default: 'text',
        text: formAsText,
        refuse: refuse('not-supported', {
          en: 'A form cannot be answered on Matrix.',
          de: 'Ein Formular lässt sich auf Matrix nicht beantworten.',
        }),
      },
      // Whoever wrote it on Matrix does not learn more than that it was read, or will not be.
      receipt: { default: 'failure', failure: failureOnly, drop },
      marker: {
        default: 'read',
        read: keep({ en: 'up to where you have read', de: 'bis wohin Sie gelesen haben' }),
        drop,
      },
      presence: {
        default: 'state',
        state: keep({
          en: 'online, away or offline, with its text',
          de: 'online, abwesend oder offline, mit dem Text',
        }),
        drop,
      },
      attention: {
        default: 'refuse',
        refuse: refuse('not-supported', {
          en: 'Matrix has no way to call for attention.',
          de: 'Auf Matrix lässt sich nicht um Aufmerksamkeit bitten.',
        }),
        drop,
      },
      call: {
        default: 'refuse',
        refuse: refuse('not-supported', { en: 'Calls cannot reach Matrix.', de: 'Anrufe erreichen Matrix nicht.' }),
      },
      contact: {
        default: 'watch',
        watch: keep({
          en: 'granted by the gateway, which shows what Matrix tells of their presence',
          de: 'vom Gateway gewährt, das zeigt, was Matrix von ihrer Anwesenheit sagt',
        }),
        refuse: refuse('not-supported', {
          en: 'Matrix knows no contact requests.',
          de: 'Matrix kennt keine Kontaktanfragen.',
        }),
      },
    },
    in: {
      notice: {
        default: 'plain',
        plain: noticeAsText,
        mark: noticeMarked,
        drop,
      },
    },
  },
};
