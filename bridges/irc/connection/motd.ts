import type { Line } from './server-view.ts';

const ROW_LIMIT = 500;

/** Collects a message of the day (375, 372 …, 376), so that it is told as one. */
export type Motd = { /** The whole text when the line ends it. */ take(line: Line): string | undefined };

export function openMotd(): Motd {
  let rows: string[] = [];
  return {
    take({ command, params }) {
      if (command === '375') rows = [];
      // RFC 2812 §5.1: each row is written ":- <text>".
      if (command === '372' && rows.length < ROW_LIMIT) rows.push((params.at(-1) ?? '').replace(/^- ?/, ''));
      if (command !== '376') return undefined;
      const text = rows.join('\n');
      rows = [];
      return text;
    },
  };
}
