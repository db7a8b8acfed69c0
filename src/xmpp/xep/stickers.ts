// XEP-0449: Stickers, version 0.1.1.
import type { Element } from 'ltx';
import type { FileRef, StickerPack } from '#src/model/event.ts';
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { carriedIn, type Extension } from './extension.ts';

const STICKERS = 'urn:xmpp:stickers:0';

/** They are files elsewhere. */
export const stickers: Extension = {
  xep: { number: '0449', title: 'Stickers', version: '0.1.1', part: 'as files; packs are those of XMPP' },
  features: (transport) => carriedIn(transport, 'file', STICKERS),
  reads: {
    // §4.3: the picture, with the body as its description.
    [`${STICKERS} sticker`](child, reading, { body, changes }) {
      if (reading.kind !== 'message') return reading;
      const { files: [picture, ...more] = [] } = reading;
      if (!picture) return reading;
      changes.push({ ...WHOLE, text: '' });
      const name = picture.name ?? (body === '' ? undefined : body);
      return { ...reading, files: [{ ...picture, ...(name && { name }), sticker: true, ...packIn(child) }, ...more] };
    },
  },
  writes: {
    // §4.3: it names its pack. One that is of no pack here is a picture within what is said.
    message: ({ files }) => files?.slice(0, 1).flatMap(({ pack }) => (pack ? [stickerElement(pack)] : [])),
  },
};

/** §4.3: the item of the pack, and where it is if not at its sender's. */
function packIn({ attrs: { pack: id, jid, node } }: Element): Pick<FileRef, 'pack'> {
  return id ? { pack: { id, ...(jid && { jid }), ...(node && { node }) } } : {};
}

const stickerElement = ({ id, jid, node }: StickerPack): Xml =>
  xml`<sticker xmlns='urn:xmpp:stickers:0'${attrs({ pack: id, jid, node })}/>`;
