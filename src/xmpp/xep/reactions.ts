// XEP-0444: Message Reactions, version 0.2.0.
import type { XmppId } from '#src/model/ids.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { own } from './elements.ts';
import { aboutId, carriedIn, type Extension } from './extension.ts';
import { quoteLine } from './replies.ts';

const REACTIONS = 'urn:xmpp:reactions:0';

export const reactions: Extension = {
  xep: { number: '0444', title: 'Message Reactions', version: '0.2.0', part: 'without restrictions' },
  features: (transport) => carriedIn(transport, 'reaction', REACTIONS),
  reads: {
    // §3.1, §3.2: all reactions that its sender has to the message now, and none where there are none any more.
    [`${REACTIONS} reactions`]: (child, reading, { understood }) => {
      const { id } = child.attrs;
      if (id === undefined) return reading;
      understood.add(REACTIONS);
      // §4: the same one twice counts once.
      const emoji = new Set(own(child, 'reaction').map((one) => one.getText().trim()));
      emoji.delete('');
      return { kind: 'reaction', target: id as XmppId, emoji: [...emoji] };
    },
  },
  // Nothing is said for those who do not know it where reactions are taken away.
  fallbacks: {
    reaction: ({ emoji }, { marks: { about } }) =>
      emoji.length === 0 ? undefined : { of: REACTIONS, text: quoteLine(about) + emoji.join(' '), at: 'end' },
  },
  writes: {
    reaction(event, context) {
      const each = [...new Set(event.emoji)].map((one) => xml`<reaction>${one}</reaction>`);
      return [xml`<reactions xmlns='urn:xmpp:reactions:0' id='${aboutId(event, context)}'>${each}</reactions>`];
    },
  },
};
