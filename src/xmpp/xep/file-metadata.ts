// XEP-0446: File metadata element, version 0.2.0.
import type { Element } from 'ltx';
import type { FileRef } from '#src/model/event.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, ownText } from './elements.ts';
import type { Extension } from './extension.ts';
import { sha256Element, sha256In } from './hashes.ts';
import { thumbnailElement, thumbnailIn } from './thumbnails.ts';

const METADATA = 'urn:xmpp:file:metadata:0';

export const fileMetadata: Extension = {
  xep: {
    number: '0446',
    title: 'File metadata element',
    version: '0.2.0',
    part: 'name, type, size, dimensions, length, description, hash and thumbnail',
  },
};

/** What the element says of a file (§2). */
export function metadataIn(parent: Element): Omit<FileRef, 'url'> {
  const file = childOf(parent, 'file', METADATA);
  return file ? factsIn(file) : {};
}

/** The same of an element that has these children in its own namespace. */
export function factsIn(file: Element): Omit<FileRef, 'url'> {
  const text = (child: string): string | undefined => ownText(file, child)?.trim() || undefined;
  const number = (child: string): number | undefined => wholeNumber(text(child));
  // Version 0.1.0 has both in one.
  const [, wide, high] = /^(\d{1,9})x(\d{1,9})$/.exec(text('dimensions') ?? '') ?? [];
  const facts = {
    name: text('name'),
    type: text('media-type'),
    size: number('size'),
    width: number('width') ?? wholeNumber(wide),
    height: number('height') ?? wholeNumber(high),
    duration: number('length'),
    sha256: sha256In(file),
    description: text('desc'),
    thumbnail: thumbnailIn(file),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}

const wholeNumber = (text = ''): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** What is known of a file, as the element (§2). */
export const metadataElement = (file: FileRef): Xml =>
  xml`<file xmlns='urn:xmpp:file:metadata:0'>${factElements(file)}</file>`;

/** The same, as the children of an element. */
export const factElements = (file: FileRef): (Xml | undefined)[] => {
  const { name, type, size, width, height, duration, sha256, description, thumbnail } = file;
  return [
    type === undefined ? undefined : xml`<media-type>${type}</media-type>`,
    name === undefined ? undefined : xml`<name>${name}</name>`,
    size === undefined ? undefined : xml`<size>${size}</size>`,
    width === undefined ? undefined : xml`<width>${width}</width>`,
    height === undefined ? undefined : xml`<height>${height}</height>`,
    duration === undefined ? undefined : xml`<length>${duration}</length>`,
    description === undefined ? undefined : xml`<desc>${description}</desc>`,
    sha256 === undefined ? undefined : sha256Element(sha256),
    thumbnail === undefined ? undefined : thumbnailElement(thumbnail),
  ];
};
