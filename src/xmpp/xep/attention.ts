// XEP-0224: Attention, version 1.0.

import { lineTexts as texts } from '#mappings/texts/lines.ts';
import { wordsIn } from '#src/model/language.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension, isBlank, languageIn } from './extension.ts';

const ATTENTION = 'urn:xmpp:attention:0';

export const attention: Extension = {
  xep: { number: '0224', title: 'Attention', version: '1.0' },
  features: (transport) => carriedIn(transport, 'attention', ATTENTION),
  reads: {
    // §3: words that come with it are said all the same, and call for attention by themselves.
    [`${ATTENTION} attention`]: (_, reading) => (isBlank(reading) ? { kind: 'attention' } : reading),
  },
  fallbacks: {
    attention: ({ place }, { marks }) => {
      const text = `/me ${wordsIn(texts.attention, languageIn(place, marks))}`;
      return { of: ATTENTION, text, at: 'end' };
    },
  },
  writes: { attention: () => [xml`<attention xmlns='urn:xmpp:attention:0'/>`] },
};
