import type { TextFormat } from '#src/model/capabilities.ts';
import { isBlank } from '#src/model/text.ts';
import type { Styled } from './styling.ts';
import { formatCodes, parseCodes } from './styling-codes.ts';
import { formatHtml, parseHtml } from './styling-html.ts';
import { formatPlain, parsePlain } from './styling-plain.ts';
import { formatStyling, parseStyling } from './styling-xep0393.ts';

type Syntax = {
  read(text: string): Styled;
  write(styled: Styled): string;
  /** What a text has to have in it so that reading it makes a difference. */
  readonly sign: RegExp;
};

const SYNTAXES: Readonly<Record<TextFormat, Syntax>> = {
  plain: { read: parsePlain, write: formatPlain, sign: /(?!)/ },
  styling: { read: parseStyling, write: formatStyling, sign: /[*_~`]/ },
  codes: { read: parseCodes, write: formatCodes, sign: /[\u0000-\u0009\u000b-\u001f\u007f]/ },
  html: { read: parseHtml, write: formatHtml, sign: /(?:)/ },
};

/**
 * A text in another syntax for what it looks like. A look that the other has no sign for is left out, words never are.
 * What comes from codes controls nothing any more. Pure.
 */
export function restyle(text: string, from: TextFormat, to: TextFormat): string {
  if (from === to || (to !== 'html' && !SYNTAXES[from].sign.test(text))) return text;
  // XEP-0393 is made to be read as it is: only what is there for programs goes.
  if (from === 'styling' && to === 'plain' && !text.includes('`')) return text;
  const written = SYNTAXES[to].write(SYNTAXES[from].read(text.replace(/\r\n?/g, '\n')));
  return isBlank(written) && from === 'styling' ? text : written;
}
