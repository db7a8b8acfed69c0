// XEP-0382: Spoiler Messages, version 0.2.0.
import { xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension } from './extension.ts';

const SPOILER = 'urn:xmpp:spoiler:0';

export const spoilers: Extension = {
  xep: { number: '0382', title: 'Spoiler Messages', version: '0.2.0' },
  features: (transport) => carriedIn(transport, 'spoiler', SPOILER),
  reads: {
    // §3: the hint may be empty, and may stand in several languages.
    [`${SPOILER} spoiler`]: (child, reading) =>
      reading.kind === 'message' && !reading.spoiler ? { ...reading, spoiler: child.getText().trim() } : reading,
  },
  // §4: who does not know it is shown the text.
  writes: {
    message: ({ spoiler }) =>
      spoiler === undefined ? undefined : [xml`<spoiler xmlns='urn:xmpp:spoiler:0'>${spoiler}</spoiler>`],
  },
};
