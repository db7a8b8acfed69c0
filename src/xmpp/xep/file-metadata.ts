// XEP-0446: File metadata element, version 0.2.0.
import type { Element } from 'ltx';
import type { FileRef } from '#src/model/event.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, ownText } from './elements.ts';
import type { Extension } from './extension.ts';

const METADATA = 'urn:xmpp:file:metadata:0';

export const fileMetadata: Extension = {
  xep: {
    number: '0446',
    title: 'File metadata element',
    version: '0.2.0',
    part: 'name, type, size, dimensions and length',
  },
};

/** What the element says of a file (§2). */
export function metadataIn(parent: Element): Omit<FileRef, 'url'> {
  const file = childOf(parent, 'file', METADATA);
  if (!file) return {};
  const name = ownText(file, 'name') || undefined;
  const type = ownText(file, 'media-type') || undefined;
  const number = (child: string): number | undefined => wholeNumber(ownText(file, child));
  const [size, width, height, duration] = [number('size'), number('width'), number('height'), number('length')];
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(size !== undefined && { size }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(duration !== undefined && { duration }),
  };
}

const wholeNumber = (text = ''): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** What is known of a file, as the element (§2). */
export const metadataElement = ({ name, type, size, width, height, duration }: FileRef): Xml =>
  xml`<file xmlns='urn:xmpp:file:metadata:0'>${[
    type === undefined ? undefined : xml`<media-type>${type}</media-type>`,
    name === undefined ? undefined : xml`<name>${name}</name>`,
    size === undefined ? undefined : xml`<size>${size}</size>`,
    width === undefined ? undefined : xml`<width>${width}</width>`,
    height === undefined ? undefined : xml`<height>${height}</height>`,
    duration === undefined ? undefined : xml`<length>${duration}</length>`,
  ]}</file>`;
