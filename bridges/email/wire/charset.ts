/** Names of charsets as mails have them, that the WHATWG Encoding Standard calls otherwise. Without `x-`, `cs` and separators. */
const ALIASES: Readonly<Record<string, string>> = {
  utf8mb4: 'utf-8',
  iso88598i: 'iso-8859-8',
  iso88598e: 'iso-8859-8',
  eucjp: 'euc-jp',
  shiftjis: 'shift_jis',
  windows31j: 'shift_jis',
  cp932: 'shift_jis',
  ms932: 'shift_jis',
  iso2022jp: 'iso-2022-jp',
  iso2022jp1: 'iso-2022-jp',
  iso2022jp2: 'iso-2022-jp',
  iso2022jp3: 'iso-2022-jp',
  iso2022jpms: 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp936: 'gbk',
  cp949: 'euc-kr',
  uhc: 'euc-kr',
  cp950: 'big5',
  cp874: 'windows-874',
  tis620: 'windows-874',
};

type Decoder = InstanceType<typeof TextDecoder>;

const decoders = new Map<string, Decoder | undefined>();
/** More labels than this in a process are made up by somebody. */
const MOST_LABELS = 200;

/** The decoder of a charset, by any of its names; undefined for what is none. */
function decoderOf(label: string): Decoder | undefined {
  const name = label.trim().toLowerCase().slice(0, 60);
  if (decoders.has(name)) return decoders.get(name);
  const plain = name.replace(/^(?:x-|cs)/, '').replace(/[\s._-]+/g, '');
  const decoder = [name, ALIASES[plain], plain].map(tryDecoder).find((found) => found !== undefined);
  if (decoders.size < MOST_LABELS) decoders.set(name, decoder);
  return decoder;
}

function tryDecoder(label: string | undefined): Decoder | undefined {
  if (!label) return undefined;
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');
const western = new TextDecoder('windows-1252');

/**
 * Text of bytes in the charset of that name, which may be missing or wrong: bytes that can hardly be anything but UTF-8 are read
 * as that, and what is no UTF-8 at all is not. Never throws.
 */
export function decodeBytes(bytes: Uint8Array, label?: string): string {
  const decoder = label ? decoderOf(label) : undefined;
  if (decoder && !['utf-8', 'windows-1252'].includes(decoder.encoding)) return decoder.decode(bytes);
  if (isAscii(bytes)) return hasJapaneseEscape(bytes) ? decodeJapanese(bytes) : Buffer.from(bytes).toString('latin1');
  try {
    return strict.decode(bytes);
  } catch {
    if (decoder?.encoding === 'windows-1252') return western.decode(bytes);
    const text = lenient.decode(bytes);
    // Some of it makes sense as UTF-8: a character was cut.
    return /[^\0-\x7f\ufffd]/.test(text) ? text : western.decode(bytes);
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}

/** ISO-2022-JP begins its characters with ESC $ B or ESC $ @ (RFC 1468). */
function hasJapaneseEscape(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.includes('\x1b$B') || buffer.includes('\x1b$@');
}

const decodeJapanese = (bytes: Uint8Array): string => decoderOf('iso-2022-jp')?.decode(bytes) ?? western.decode(bytes);
