// XEP-0461: Message Replies, version 0.3.0.
import { cleanName } from '#mappings/names.ts';
import { excerpt } from '#mappings/split.ts';
import type { About } from '#src/core/index.ts';
import type { XmppId } from '#src/model/ids.ts';
import { occupantJid } from '#src/xmpp/stanza/jid.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import { aboutId, carriedIn, type Extension } from './extension.ts';

const REPLY = 'urn:xmpp:reply:0';

/** Code points of a message that is quoted. */
const QUOTE = 120;

export const replies: Extension = {
  xep: { number: '0461', title: 'Message Replies', version: '0.3.0' },
  // §2
  features: (transport) => carriedIn(transport, 'reply', REPLY),
  reads: {
    [`${REPLY} reply`]: ({ attrs: { id } }, reading, { understood }) => {
      if (id === undefined) return reading;
      understood.push(REPLY);
      return reading.kind === 'message' ? { ...reading, replyTo: id as XmppId } : reading;
    },
  },
  // §3.1: the words that are answered, for those who do not know it. Before an action they would change who acts.
  fallbacks: {
    message({ replyTo, style }, { marks }) {
      if (replyTo === undefined || style === 'action') return undefined;
      const text = quoteLine(marks.about);
      return text === '' ? undefined : { of: REPLY, text, at: 'start' };
    },
  },
  writes: {
    message({ replyTo }, context) {
      if (replyTo === undefined) return undefined;
      const { place, inRoom, marks } = context;
      // §3: the full JID of whoever is answered. Between two people it says nothing that the id does not.
      const author = inRoom ? marks.about?.author : undefined;
      const to = author === undefined ? undefined : occupantJid(place, author);
      return [xml`<reply xmlns='urn:xmpp:reply:0'${attrs({ to, id: aboutId({ target: replyTo }, context) })}/>`];
    },
  },
};

/** What a message is about as a quoted line of its own (XEP-0393 §5.1.3), empty where it is not known. */
export function quoteLine({ author, quote }: About = {}): string {
  const words = quote === undefined ? '' : excerpt(quote, QUOTE);
  return words === '' ? '' : `> ${author === undefined ? '' : `${cleanName(author)}: `}${words}\n`;
}
