import { decodeBytes } from './charset.ts';

/** RFC 2047 §2, with the language of RFC 2231 §5. Blanks within are wrong and written all the same. */
const WORD = /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([QqBb])\?([^?]*)\?=/g;

/** Words of one charset. `base64` is what is not decoded yet: some programs cut within a group of four, too. */
type Run = { charset: string; base64: string; bytes: Uint8Array[] };

/**
 * Decodes the encoded words of an unfolded header (RFC 2047). Words that follow each other in one charset are decoded together, as
 * characters are often cut between two of them.
 */
export const decodeWords = (value: string): string => renderWords(value, (text) => text);

/** The header with each run of encoded words as one word in UTF-8, for who parses structure before decoding. */
export const repairWords = (value: string): string =>
  renderWords(value, (text) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`);

function renderWords(value: string, render: (text: string) => string): string {
  let out = '';
  let end = 0;
  let runs: Run[] = [];
  const flush = () => {
    if (runs.length > 0) out += render(runs.map(decodeRun).join(''));
    runs = [];
  };
  for (const found of value.matchAll(WORD)) {
    const between = value.slice(end, found.index);
    // RFC 2047 §6.2: white space between two encoded words is none.
    if (runs.length === 0 || between.trim() !== '') {
      flush();
      out += between;
    }
    addWord(runs, (found[1] ?? '').toLowerCase(), (found[2] ?? '').toLowerCase() === 'b', found[3] ?? '');
    end = found.index + found[0].length;
  }
  flush();
  return out + value.slice(end);
}

function addWord(runs: Run[], charset: string, isBase64: boolean, text: string): void {
  const last = runs.at(-1);
  const run = last?.charset === charset ? last : { charset, base64: '', bytes: [] };
  if (run !== last) runs.push(run);
  if (!isBase64) {
    run.bytes.push(takeBase64(run), decodeQ(text));
    return;
  }
  if (run.base64.length % 4 === 0 || run.base64.endsWith('=')) run.bytes.push(takeBase64(run));
  run.base64 += text.replace(/[^A-Za-z0-9+/=]/g, '');
}

function takeBase64(run: Run): Uint8Array {
  const bytes = Buffer.from(run.base64, 'base64');
  run.base64 = '';
  return bytes;
}

function decodeQ(text: string): Uint8Array {
  const plain = text
    .replace(/_/g, ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // Characters beyond Latin-1 do not belong here; they stay what they are in UTF-8.
  return /[^\0-\xff]/.test(plain) ? Buffer.from(plain) : Buffer.from(plain, 'latin1');
}

const decodeRun = (run: Run): string => decodeBytes(Buffer.concat([...run.bytes, takeBase64(run)]), run.charset);
