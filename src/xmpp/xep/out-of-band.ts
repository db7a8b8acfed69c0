// XEP-0066: Out of Band Data, version 1.5.
import { urlText } from '#mappings/files.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { ownText } from './elements.ts';
import { carriedIn, type Extension } from './extension.ts';
import { isFetchable, withFile } from './file-sharing.ts';

const OOB = 'jabber:x:oob';

export const outOfBand: Extension = {
  xep: { number: '0066', title: 'Out of Band Data', version: '1.5', part: 'in messages' },
  // §6
  features: (transport) => carriedIn(transport, 'file', OOB),
  reads: {
    // §3: the description is a name at best.
    [`${OOB} x`](child, reading, context) {
      const url = ownText(child, 'url')?.trim() ?? '';
      const name = ownText(child, 'desc')?.trim();
      return isFetchable(url) ? withFile({ url, ...(name && { name }) }, OOB, reading, context) : reading;
    },
  },
  writes: {
    // XEP-0447 §3.1: where one address is all of it. Clients take the message for a file if its body says the same.
    message({ files, text, replyTo }) {
      const file = files?.length === 1 && text === '' && replyTo === undefined ? files[0] : undefined;
      return file && [xml`<x xmlns='jabber:x:oob'><url>${urlText(file.url)}</url></x>`];
    },
  },
};
