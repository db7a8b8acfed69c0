// XEP-0448: Encryption for stateless file sharing, version 0.4.0.
import type { Element } from 'ltx';
import type { Extension } from './extension.ts';
import { encryptedFile } from './omemo-media.ts';

const ENCRYPTED = 'urn:xmpp:esfs:0';

export const encryptedFiles: Extension = {
  xep: {
    number: '0448',
    title: 'Encryption for stateless file sharing',
    version: '0.4.0',
    part: 'encrypted files are refused in words; those of networks come decrypted: AES-256-CTR is none of its ciphers',
  },
  refuses: { 'file-sharing': (child) => (isSealed(child) ? encryptedFile() : undefined) },
};

/** §3: whether there is no source of a file but encrypted ones. */
function isSealed(child: Element): boolean {
  const sources = child.getChild('sources')?.getChildElements() ?? [];
  return sources.length > 0 && sources.every((one) => one.getNS() === ENCRYPTED);
}
