import { decodeBytes } from './charset.ts';

/** A header as it stands in the mail: unfolded, not decoded, with the name in small letters. */
export type RawHeader = { readonly name: string; readonly value: string };

/**
 * Reads a block of headers (RFC 5322 §2.2). Lines end with LF or CRLF, a lone CR ends none: signatures count
 * it as part of the line. Raw bytes beyond ASCII are UTF-8 or what they can be; control characters become blanks, except ESC, which
 * ISO-2022-JP needs. What is no header is left out.
 */
export function readHeaders(block: Uint8Array): RawHeader[] {
  const headers: { name: string; values: string[] }[] = [];
  for (const line of decodeHeaderBytes(block).split(/\r?\n/)) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line)) last?.values.push(line);
    else {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).trim().toLowerCase();
      if (colon > 0 && /^[\x21-\x7e]+$/.test(name)) headers.push({ name, values: [line.slice(colon + 1)] });
    }
  }
  return headers.map(({ name, values }) => ({ name, value: oneLine(values.join('')) }));
}

/** Line by line, as each program on the way wrote its own in its own charset. */
function decodeHeaderBytes(block: Uint8Array): string {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const latin = buffer.toString('latin1');
  if (!/[\x80-\xff]/.test(latin)) return latin;
  return latin.replace(/[^\r\n]*[\x80-\xff][^\r\n]*/g, (line) => decodeBytes(Buffer.from(line, 'latin1')));
}

const oneLine = (value: string): string => value.replace(/[\0-\x08\x0a-\x1a\x1c-\x1f\x7f]/g, ' ').trim();

/** The first header of that name. */
export const headerOf = (headers: readonly RawHeader[], name: string): string | undefined =>
  headers.find((header) => header.name === name)?.value;
