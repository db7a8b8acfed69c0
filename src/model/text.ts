/** Characters that XML 1.0 cannot carry (Char production, §2.2), and lone surrogates. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with every character removed that XML 1.0 forbids. */
export const xmlChars = (text: string): string => text.replace(FORBIDDEN, '');

const encoder = new TextEncoder();

/** Length in bytes as UTF-8. */
export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8');

/** UTF-8 bytes of the text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
