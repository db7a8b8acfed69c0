// XEP-0393: Message Styling, version 1.1.1.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

/** The syntax of texts between networks: `mappings/styling-xep0393.ts` reads and writes it. */
export const styling: Extension = {
  xep: { number: '0393', title: 'Message Styling', version: '1.1.1', part: 'between networks' },
  reads: {
    // §7: every character is itself.
    'urn:xmpp:styling:0 unstyled': (_, reading) =>
      reading.kind === 'message' || reading.kind === 'edit' ? { ...reading, unstyled: true } : reading,
  },
  writes: { message: unstyledElements, edit: unstyledElements },
};

const UNSTYLED = [xml`<unstyled xmlns='urn:xmpp:styling:0'/>`];

function unstyledElements({ unstyled }: { readonly unstyled?: boolean }): readonly Xml[] | undefined {
  return unstyled ? UNSTYLED : undefined;
}
