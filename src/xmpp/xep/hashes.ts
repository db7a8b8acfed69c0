// XEP-0300: Use of Cryptographic Hash Functions in XMPP, version 1.0.0.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { elements } from './elements.ts';
import type { Extension } from './extension.ts';

const HASHES = 'urn:xmpp:hashes:2';
/** Bytes of SHA-256. */
const LENGTH = 32;

export const hashes: Extension = {
  xep: {
    number: '0300',
    title: 'Use of Cryptographic Hash Functions in XMPP',
    version: '1.0.0',
    part: 'SHA-256 of files',
  },
};

/** The SHA-256 that an element holds of something, in hexadecimal (§3). */
export function sha256In(parent: Element): string | undefined {
  const found = elements(parent).find(
    (one) => one.getName() === 'hash' && one.getNS() === HASHES && one.attrs.algo === 'sha-256',
  );
  const digest = Buffer.from(found?.getText() ?? '', 'base64');
  return digest.byteLength === LENGTH ? digest.toString('hex') : undefined;
}

/** A SHA-256 in hexadecimal, as the element has it. */
export const sha256Element = (digest: string): Xml =>
  xml`<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>${Buffer.from(digest, 'hex').toString('base64')}</hash>`;
