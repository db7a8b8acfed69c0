/** Characters that XML 1.0 cannot carry (Char production, §2.2), and lone surrogates. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text with every character removed that XML 1.0 forbids. */
export const xmlChars = (text: string): string => text.replace(FORBIDDEN, '');

/** White space, controls, and what is not drawn (UAX #44, Default_Ignorable_Code_Point); U+2800 is a blank by design. */
const UNSEEN = /[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Whether nothing of the text can be seen. Most have something that surely can. */
export const isBlank = (text: string): boolean => !/[!-~]/.test(text) && text.replace(UNSEEN, '') === '';

const encoder = new TextEncoder();

/** Up to here (UTF-16 units) a text is counted by looking at it: a call to native code costs more. */
const SHORT = 64;

/** Length in bytes as UTF-8. */
export function utf8Length(text: string): number {
  const { length } = text;
  if (length > SHORT) return Buffer.byteLength(text, 'utf8');
  for (let index = 0; index < length; index++)
    if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text, 'utf8');
  return length;
}

/** UTF-8 bytes of the text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
