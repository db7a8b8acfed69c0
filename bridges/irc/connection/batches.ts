// https://ircv3.net/specs/extensions/batch

import type { Line } from './server-view.ts';

/** Batches that may be open at a time, and within each other; lines and characters of a message that are put together. */
const MOST = 20;
const DEEPEST = 5;
const LINES = 200;
const CHARACTERS = 32 * 1024;

/** What was said before: by bouncers under older names. */
const PAST: ReadonlySet<string> = new Set(['chathistory', 'znc.in/playback', 'playback']);
const MULTILINE = 'draft/multiline';

/** Lines that belong together. `of` is the batch within which this one is, `count` how many lines it has had. */
export type LineBatch = {
  readonly type: string;
  readonly opening: Line;
  readonly of: LineBatch | undefined;
  readonly lines: Line[];
  count: number;
};

/** The batches of a connection that have begun and not ended. What belongs to one that is not known here is a line like any. */
export class Batches {
  // Most connections never see one.
  #open: Map<string, LineBatch> | undefined;

  /** Takes BATCH in; gives a batch that has ended. */
  take(line: Line): LineBatch | undefined {
    const [given = '', type = ''] = line.params;
    const name = given.slice(1);
    if (given.startsWith('-')) {
      const ended = this.#open?.get(name);
      this.#open?.delete(name);
      return ended;
    }
    this.#open ??= new Map();
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST && oldest !== undefined) this.#open.delete(oldest);
    const of = this.#of(line);
    this.#open.set(name, { type, opening: line, of: of && depth(of) < DEEPEST ? of : undefined, lines: [], count: 0 });
    return undefined;
  }

  /** The batch of a line. */
  of(line: Line): LineBatch | undefined {
    return this.#open?.size ? this.#of(line) : undefined;
  }

  /** Whether a raw line belongs to a batch that says how it is to be read. */
  has(text: string): boolean {
    if (!this.#open?.size || !text.startsWith('@')) return false;
    const name = /[@;]batch=([^; ]*)/.exec(text.slice(0, text.indexOf(' ')))?.[1];
    const batch = name === undefined ? undefined : this.#open.get(name);
    return batch !== undefined && (batch.type === MULTILINE || isPast(batch));
  }

  #of({ tags }: Line): LineBatch | undefined {
    return tags.batch === undefined ? undefined : this.#open?.get(tags.batch);
  }
}

const depth = ({ of }: LineBatch): number => (of ? depth(of) + 1 : 1);

/** Whether a batch, or one around it, tells of the past. */
export const isPast = (batch: LineBatch | undefined): boolean =>
  batch !== undefined && (PAST.has(batch.type) || isPast(batch.of));

/** The label (https://ircv3.net/specs/extensions/labeled-response) of a line, or of a batch around it. */
export function labelOf({ tags }: Line, batch: LineBatch | undefined): string | undefined {
  return tags.label ?? (batch && labelOf(batch.opening, batch.of));
}

/** Keeps a part of a message of several lines (https://ircv3.net/specs/extensions/multiline); false for what is none. */
export function keepsPart(batch: LineBatch | undefined, line: Line): boolean {
  if (batch?.type !== MULTILINE || (line.command !== 'PRIVMSG' && line.command !== 'NOTICE')) return false;
  batch.count += (line.params.at(-1) ?? '').length;
  if (batch.lines.length < LINES && batch.count < CHARACTERS) batch.lines.push(line);
  return true;
}

/** The message that the parts of a batch are, under the tags of the batch itself. Pure. */
export function wholeOf({
  type,
  opening,
  lines,
  of,
}: LineBatch): { readonly line: Line; readonly of: LineBatch | undefined } | undefined {
  const [first] = lines;
  if (type !== MULTILINE || !first) return undefined;
  const text = lines
    .map(
      ({ tags, params }, index) =>
        `${index === 0 || 'draft/multiline-concat' in tags ? '' : '\n'}${params.at(-1) ?? ''}`,
    )
    .join('');
  return { line: { ...first, tags: opening.tags, params: [opening.params[2] ?? first.params[0] ?? '', text] }, of };
}
