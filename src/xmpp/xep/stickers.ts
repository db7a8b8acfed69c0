// XEP-0449: Stickers, version 0.1.1.
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { carriedIn, type Extension } from './extension.ts';

const STICKERS = 'urn:xmpp:stickers:0';

/** They are files elsewhere. */
export const stickers: Extension = {
  xep: { number: '0449', title: 'Stickers', version: '0.1.1', part: 'as files' },
  features: (transport) => carriedIn(transport, 'file', STICKERS),
  reads: {
    // §4.3: the picture, with the body as its description.
    [`${STICKERS} sticker`](_, reading, { body, changes }) {
      if (reading.kind !== 'message' || body === '') return reading;
      const { files: [picture, ...more] = [] } = reading;
      if (!picture) return reading;
      changes.push({ ...WHOLE, text: '' });
      return { ...reading, files: [{ ...picture, name: picture.name ?? body, sticker: true }, ...more] };
    },
  },
};
