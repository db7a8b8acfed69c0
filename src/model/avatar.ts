import type { FileRef } from './event.ts';

/**
 * A picture of somebody or of a room: the bytes themselves, in base64 as XEP-0054 and XEP-0084 have them, with their SHA-1
 * in hexadecimal; or a file that is lent.
 */
export type Avatar = Picture | FileRef;

/** The bytes of a picture, in base64, with their SHA-1 in hexadecimal. */
export type Picture = { readonly sha1: string; readonly type: string; readonly data: string };
