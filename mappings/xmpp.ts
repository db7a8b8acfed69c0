import type { Capabilities, Feature, Level, NetworkMapping } from '#src/model/capabilities.ts';
import type { EventBody } from '#src/model/event.ts';
import { cleanName } from './names.ts';
import {
  asText,
  drop,
  editChangedWords,
  editInFull,
  filesAsLinks,
  formAsText,
  paced,
  reactionAsLine,
  reshape,
  subjectAsLine,
  without,
} from './rungs.ts';
import { excerpt } from './split.ts';

/** The features of service discovery by which a client says that it knows what it gets (XEP-0030, XEP-0115). */
export const peerFeatures: Readonly<Partial<Record<Feature, string>>> = {
  edit: 'urn:xmpp:message-correct:0',
  retract: 'urn:xmpp:message-retract:1',
  reaction: 'urn:xmpp:reactions:0',
  receipt: 'urn:xmpp:receipts',
  marker: 'urn:xmpp:chat-markers:0',
  typing: 'http://jabber.org/protocol/chatstates',
  attention: 'urn:xmpp:attention:0',
  reply: 'urn:xmpp:reply:0',
  file: 'urn:xmpp:sfs:0',
  form: 'jabber:x:data',
};

type RoomChange = Extract<EventBody, { kind: 'room' }>['change'];
const ROOM: Readonly<Record<RoomChange, string>> = {
  destroyed: 'The room was closed',
  renamed: 'The room has a new name',
  avatar: 'The room has a new picture',
  config: 'The settings of the room were changed',
};

/** A sentence with what belongs to it. */
const worded = (text: string, more: string | undefined): string => (more ? `${text}: ${more}` : text);

/** XMPP as the gateway speaks it at present: what it writes to people (`in`), and what it reads from them (`out`). */
export const xmpp: NetworkMapping = {
  facts: {
    out: {
      message: 'full',
      action: 'full',
      subject: 'full',
      thread: 'full',
      form: 'full',
      // In rooms where their network makes a message of it.
      edit: 'partial',
      retract: 'partial',
      topic: 'full',
      nick: 'full',
      occupant: 'partial',
      affiliation: 'full',
      invite: 'full',
      room: 'partial',
      presence: 'full',
      contact: 'full',
    },
    in: {
      message: 'full',
      action: 'full',
      subject: 'full',
      thread: 'full',
      form: 'full',
      occupant: 'full',
      occupants: 'full',
      topic: 'full',
      invite: 'full',
      presence: 'full',
      contact: 'full',
    },
    // Even where each byte needs an escape of six, a stanza stays far below the 512 KiB at which servers close a stream.
    text: { format: 'styling', unit: 'bytes', size: 32_768, pieces: 32, lines: true },
    files: {},
    shows: ['available', 'chat', 'away', 'xa', 'dnd', 'offline'],
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
        mark: reshape('"[notice]" before the text', (draft) => ({
          ...draft,
          style: 'plain',
          text: `[notice] ${draft.text}`,
        })),
        plain: reshape('the text as it is', (draft) => ({ ...draft, style: 'plain' })),
        drop,
      },
      edit: { default: 'full', full: editInFull, changed: editChangedWords, drop },
      retract: {
        default: 'line',
        line: asText(
          'a line that a message was taken back, without its text',
          ({ by, reason }) =>
            worded(by === undefined ? 'took a message back' : `had a message removed by ${by}`, reason),
          'action',
        ),
        drop,
      },
      reaction: { default: 'line', line: reactionAsLine, drop },
      // As the fallback text of XEP-0461 looks to those who know nothing of replies.
      reply: {
        default: 'quote',
        quote: reshape('the quoted words above the text', ({ replyTo: _, ...draft }, { quote, author }) => {
          const words = quote === undefined ? '' : excerpt(quote, 120);
          if (words === '' || draft.style === 'action') return draft;
          return { ...draft, text: `> ${author === undefined ? '' : `${cleanName(author)}: `}${words}\n${draft.text}` };
        }),
        drop: without('replyTo'),
      },
      file: { default: 'link', link: filesAsLinks },
      form: { default: 'text', text: formAsText },
      subject: { default: 'line', line: subjectAsLine, drop: without('subject') },
      thread: { default: 'drop', drop: without('thread') },
      mention: { default: 'drop', drop: without('mentions') },
      typing: { default: 'drop', drop },
      receipt: { default: 'drop', drop },
      marker: { default: 'drop', drop },
      profile: { default: 'drop', drop },
      attention: {
        default: 'line',
        line: asText('a line that your attention is wanted', () => 'wants your attention', 'action'),
        drop,
      },
      call: {
        default: 'line',
        line: asText('a line that somebody called', () => 'called, but calls cannot cross', 'action'),
      },
      room: {
        default: 'line',
        line: asText('a line that says it', ({ change, text }) => worded(ROOM[change], text)),
        drop,
      },
      // The change of each occupant's role comes as an event of its own.
      affiliation: { default: 'drop', drop },
      nick: { default: 'drop', drop },
    },
  },
};

/** XMPP as one client knows it, by the features that it advertises. Without them nothing is known and nothing lowered. */
export function peerFacts(features?: ReadonlySet<string>): Capabilities {
  if (!features) return xmpp.facts;
  const lowered = Object.entries(peerFeatures).filter(([, name]) => !features.has(name));
  return {
    ...xmpp.facts,
    in: { ...xmpp.facts.in, ...Object.fromEntries(lowered.map(([feature]): [string, Level] => [feature, 'none'])) },
    files: features.has(peerFeatures.file ?? '') ? xmpp.facts.files : {},
  };
}
