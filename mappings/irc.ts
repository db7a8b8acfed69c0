import type { DraftOf, NetworkMapping, Rung } from '#src/model/capabilities.ts';
import {
  asText,
  byCompany,
  byPlace,
  carriedElse,
  drop,
  editAsSubstitution,
  editChangedWords,
  editInFull,
  failureAsNotice,
  filesAsLinks,
  formAsText,
  keep,
  paced,
  reactionAsLine,
  refuse,
  replyToNick,
  replyWithQuote,
  spoilerAsPrefix,
  subjectAsLine,
  tooLongRefused,
  wholeAsLink,
  without,
} from './rungs.ts';

const SECOND = 1000;

// The text is not said again: that is what the person wants to be rid of.
const takenBack = asText<DraftOf<'retract'>>(
  {
    en: 'a notice that a message was taken back, without its text',
    de: 'ein Hinweis, dass eine Nachricht zurückgenommen wurde, ohne ihren Text',
  },
  ({ by, reason }) =>
    `${by === undefined ? 'takes a message back' : `a message was removed by ${by}`}${because(reason)}`,
  'notice',
);

// A channel of hundreds does not want a line for each thumb: decision 0008.
const thumbInPrivate = byCompany(reactionAsLine, drop);

/** What IRC carries (RFC 2812, modern.ircdocs.horse), as far as every server does and the bridge knows it. */
export const irc: NetworkMapping = {
  facts: {
    out: {
      message: 'partial',
      action: 'full',
      notice: 'full',
      mention: 'full',
      // These need capabilities of the server (mappings/irc-capabilities).
      reply: 'partial',
      reaction: 'partial',
      retract: 'partial',
      typing: 'partial',
      marker: 'partial',
      occupant: 'partial',
      affiliation: 'partial',
      nick: 'full',
      topic: 'full',
      invite: 'partial',
      room: 'partial',
      // AWAY knows being there and not being there; and IRC asks nobody whether they may be watched.
      presence: 'partial',
      contact: 'partial',
    },
    in: {
      message: 'full',
      action: 'full',
      notice: 'full',
      mention: 'full',
      reply: 'full',
      reaction: 'full',
      retract: 'full',
      typing: 'full',
      marker: 'full',
      occupant: 'full',
      occupants: 'full',
      topic: 'full',
      invite: 'full',
      presence: 'full',
    },
    // A line is 512 bytes with CR LF (RFC 2812 §2.3); 400 leaves room for the longest usual prefix and target.
    text: { format: 'codes', unit: 'bytes', size: 400, pieces: 50, lines: false },
    files: {},
    // RFC 2812 §4.1: AWAY is the only state beside being there.
    shows: ['available', 'away', 'offline'],
    identity: 'own',
    rooms: 'shared',
    // A line to the server is a command of the protocol, as it is.
    console: true,
    extras: ['rooms', 'hats'],
    unasked: ['marker'],
    confirms: 'taken',
    blocked: 'silence',
    // A line that is late by more than minutes answers a conversation that has gone on.
    delivery: { window: 500, expiry: 600 * SECOND },
    durability: {
      // What becomes a line has the receipt of one.
      out: { contact: { message: 'journal', edit: 'journal', retract: 'journal', reaction: 'journal' } },
      in: { contact: { message: 'journal' } },
    },
  },
  policy: {
    out: {
      long: { default: 'link', link: byPlace(paced, wholeAsLink), split: paced, refuse: tooLongRefused },
      edit: {
        default: 'changed',
        changed: editChangedWords,
        full: editInFull,
        // Channel bots execute this form, so it has to be chosen.
        substitute: editAsSubstitution,
        drop,
        window: 5 * SECOND,
      },
      retract: {
        default: 'redact',
        redact: carriedElse('retract', { en: 'a retraction (REDACT)', de: 'eine Rücknahme (REDACT)' }, takenBack),
        notice: takenBack,
        drop,
      },
      reaction: {
        default: 'react',
        react: carriedElse('reaction', { en: 'a reaction', de: 'eine Reaktion' }, thumbInPrivate),
        line: reactionAsLine,
        private: thumbInPrivate,
        drop,
        window: 10 * SECOND,
      },
      reply: {
        default: 'reply',
        reply: carriedElse('reply', { en: 'a reply', de: 'eine Antwort' }, replyToNick),
        nick: replyToNick,
        quote: replyWithQuote,
        drop: without('replyTo'),
      },
      file: {
        default: 'link',
        link: filesAsLinks,
        refuse: refuse('not-supported', { en: 'IRC carries no files.', de: 'IRC überträgt keine Dateien.' }),
      },
      // INVITE has no answer.
      invite: {
        default: 'invite',
        invite: {
          does: {
            en: 'an invitation, and nothing of one that is declined',
            de: 'eine Einladung, und nichts von einer Absage',
          },
          apply: (draft) => (draft.declined ? [] : [draft]),
        },
      },
      subject: { default: 'line', line: subjectAsLine, drop: without('subject') },
      thread: { default: 'drop', drop: without('thread') },
      spoiler: { default: 'prefix', prefix: spoilerAsPrefix, drop: without('spoiler') },
      form: {
        default: 'text',
        text: formAsText,
        refuse: refuse('not-supported', {
          en: 'A form cannot be answered on IRC.',
          de: 'Ein Formular lässt sich im IRC nicht beantworten.',
        }),
      },
      presence: {
        default: 'state',
        status: unlessIdle(
          keep({
            en: 'AWAY with its text, which everybody in the channels can read; not for being idle',
            de: 'AWAY mit Text, den alle in den Kanälen lesen können; nicht bei bloßer Untätigkeit',
          }),
        ),
        // A status is meant for friends, and AWAY is public.
        state: unlessIdle(
          keep(
            { en: 'AWAY without its text; not for being idle', de: 'AWAY ohne Text; nicht bei bloßer Untätigkeit' },
            ({ status, idle: _, ...rest }) =>
              // That is said by the gateway, and of nobody's own.
              rest.unreachable && status !== undefined ? { ...rest, status } : rest,
          ),
        ),
        drop,
      },
      typing: {
        default: 'typing',
        typing: keep({ en: 'that somebody is typing', de: 'dass jemand schreibt' }),
        drop,
      },
      receipt: { default: 'notice', notice: failureAsNotice, drop },
      // It is told to whoever else is connected to a bouncer in the same name, and to nobody else.
      marker: {
        default: 'read',
        read: carriedElse(
          'marker',
          {
            en: 'up to where you have read, for your other clients there',
            de: 'bis wohin Sie gelesen haben, für Ihre anderen Clients dort',
          },
          drop,
        ),
        drop,
      },
      profile: { default: 'drop', drop },
      attention: {
        default: 'refuse',
        refuse: refuse('not-supported', {
          en: 'IRC has no way to call for attention.',
          de: 'Im IRC lässt sich nicht um Aufmerksamkeit bitten.',
        }),
        drop,
      },
      call: {
        default: 'refuse',
        refuse: refuse('not-supported', { en: 'Calls cannot reach IRC.', de: 'Anrufe erreichen das IRC nicht.' }),
      },
      contact: {
        default: 'watch',
        watch: keep({
          en: 'granted by the gateway, which looks whether they are there',
          de: 'vom Gateway gewährt, das nachsieht, ob die Person da ist',
        }),
        refuse: refuse('not-supported', {
          en: 'IRC knows no contact requests.',
          de: 'IRC kennt keine Kontaktanfragen.',
        }),
      },
    },
    in: {},
  },
};

/** Nobody needs to hear that a keyboard was not touched for a while. */
function unlessIdle(rung: Rung<DraftOf<'presence'>>): Rung<DraftOf<'presence'>> {
  return {
    ...rung,
    apply: (draft, context, target) => (draft.idle === undefined ? rung.apply(draft, context, target) : []),
  };
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`;
}
