import { describe, expect, it } from 'vitest';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { tellRealName } from '#bridges/irc/people/own-name.ts';

/** The lines that a connection says, as long as it takes them. */
function connection({ caps = 'setname', takes = true } = {}) {
  const lines: string[] = [];
  const made = {
    realname: 'Romeo',
    view: { caps: new Map([[caps, '']]) },
    say: (line: string) => takes && lines.push(line) > 0,
  };
  return { lines, made: made as unknown as IrcConnection };
}

describe('a real name that its user sets', () => {
  it.each([
    ['a line end', 'a\r\nQUIT :b', 'SETNAME :a QUIT :b'],
    ['NUL', 'a\0b', 'SETNAME :a b'],
    ['a leading colon', ':a b', 'SETNAME ::a b'],
    ['something very long', 'ß'.repeat(400), `SETNAME :${'ß'.repeat(150)}`],
  ])('is one line with %s in it', (_what, name, line) => {
    const { lines, made } = connection();
    tellRealName(name, made);
    expect(lines).toEqual([line]);
  });

  it('is told once, and not where it is the one in force, is none, or the server does not take it', () => {
    const { lines, made } = connection();
    for (const name of ['Romeo', '', ' \n', 'Montague', 'Montague']) tellRealName(name, made);
    const unable = connection({ caps: 'chghost' });
    tellRealName('Montague', unable.made);
    expect([lines, unable.lines]).toEqual([['SETNAME :Montague'], []]);
  });

  it('is told at the next change where no line could be taken', () => {
    const { made } = connection({ takes: false });
    tellRealName('Montague', made);
    expect(made.realname).toBe('Romeo');
  });
});
