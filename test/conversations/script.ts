import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One line of a conversation: who speaks on which wire. `>` goes into the gateway, `<` comes out of it. */
export type Turn = {
  /** `xmpp`, or the name of the network. */
  readonly wire: string;
  /** Which connection or person there, as the network's wire has it; the newest connection if left out. */
  readonly who?: string;
  readonly direction: 'in' | 'out' | 'do';
  readonly text: string;
  /** Where it stands, as FILE:LINE. */
  readonly at: string;
};

/** A conversation as it is played. `options` come from `option:` lines. */
export type Script = {
  readonly title: string;
  /** The folder that it stands in, which holds the network's `wire.ts`. */
  readonly folder: string;
  readonly options: Readonly<Record<string, string>>;
  readonly turns: readonly Turn[];
};

const TURN = /^([a-z]+)(?:\(([^)]+)\))?([<>!])\s+(.*)$/;

/**
 * Reads a conversation. `#` starts a comment, the first one is the title; `include: NAME` plays another file first;
 * `option: NAME value` sets up the servers; an indented line goes on with the line above. Throws for anything else.
 */
export function readScript(file: string): Script {
  const options: Record<string, string> = {};
  const turns: Turn[] = [];
  let title = '';
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    const at = `${file.split('/').pop()}:${index + 1}`;
    const last = turns.at(-1);
    const turn = TURN.exec(line);
    const directive = /^(include|option): (\S+)(?: (.*))?$/.exec(line);
    if (line.startsWith('#')) title ||= line.slice(1).trim();
    else if (line.trim() === '') continue;
    else if (/^\s/.test(line) && last) turns[turns.length - 1] = { ...last, text: `${last.text}${line.trim()}` };
    else if (turn) turns.push(turnOf(turn, at));
    else if (directive?.[1] === 'option') options[directive[2] ?? ''] = directive[3] ?? '';
    else if (directive?.[1] === 'include') {
      const included = readScript(join(dirname(file), `${directive[2]}.txt`));
      Object.assign(options, included.options);
      turns.push(...included.turns);
    } else throw new Error(`${at} is no line of a conversation: ${line}`);
  }
  return { title, folder: dirname(file), options, turns };
}

function turnOf([, wire = '', who, arrow, text = '']: RegExpExecArray, at: string): Turn {
  const direction = arrow === '>' ? 'in' : arrow === '<' ? 'out' : 'do';
  return { wire, ...(who !== undefined && { who }), direction, text, at };
}
