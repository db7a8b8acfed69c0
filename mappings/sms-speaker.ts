import { cleanName } from './names.ts';
import { smartEncode } from './smart.ts';

const HOUR = 3_600_000;
/** After so long the reader is told again who writes, in milliseconds. */
const FORGOTTEN = 12 * HOUR;

/** What the words before a text depend on. */
export type Speaking = {
  readonly name: string;
  /** The domain that people know the speaker by. */
  readonly domain: string;
  /** The operator's line for the very first text to a phone; `{name}` and `{domain}` stand for the speaker's. */
  readonly firstLine: string;
  /** Whether the phone was ever sent a text from our number. */
  readonly greeted: boolean;
  /** Whether other users may write from our number too. */
  readonly shared: boolean;
  /** Who wrote last from our number to the phone, and how many milliseconds ago. */
  readonly last?: { readonly same: boolean; readonly ago: number };
  /** The number by which the reader can name the speaker, where two users could be meant. */
  readonly token?: number;
};

/** What is put before a text so that its reader knows who writes: the first line, `Alice: `, or nothing. Pure. */
export function speakerWords({ name, domain, firstLine, greeted, shared, last, token }: Speaking): string {
  const who = smartEncode(cleanName(name, 30)) || 'Somebody';
  const first = firstLine.replaceAll('{name}', () => who).replaceAll('{domain}', () => domain);
  const told = last?.same === true && last.ago < FORGOTTEN;
  // A text that offers no token may not be answered with one, so it stands in every change of speakers.
  const prefix = !shared || told ? '' : token === undefined ? `${who}: ` : `${who} #${token}: `;
  if (greeted || first === '') return prefix;
  return `${first}\n${token === undefined ? '' : prefix}`;
}
