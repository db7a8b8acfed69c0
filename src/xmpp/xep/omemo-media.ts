// XEP-0454: OMEMO Media sharing, version 0.1.0.

import type { Element } from 'ltx';
import { mediaTexts as texts } from '#mappings/texts/media.ts';
import { Failure } from '#src/model/failure.ts';
import { ownText } from './elements.ts';
import type { Extension } from './extension.ts';

/** §3: the address of a file that is encrypted, with its key. */
const ADDRESS = /(?:^|\s)aesgcm:\/\//i;

/** Nobody on another network could open such a file, and its key is nothing to hand on. */
export const omemoMedia: Extension = {
  xep: { number: '0454', title: 'OMEMO Media sharing', version: '0.1.0', part: 'encrypted files are refused in words' },
  refuses: { x: (child) => (ADDRESS.test(addressIn(child)) ? encryptedFile() : undefined) },
  refusesText: (body) => (ADDRESS.test(body) ? encryptedFile() : undefined),
};

/** XEP-0066 §3 */
const addressIn = (x: Element): string => (x.getNS() === 'jabber:x:oob' ? (ownText(x, 'url')?.trim() ?? '') : '');

/** What the sender of a file is told that only clients with its key can open. */
export const encryptedFile = (): Failure =>
  new Failure('not-acceptable', {
    text: texts.encrypted,
  });
