import { describe, expect, it } from 'vitest';
import { LINES, readingsOf } from '#bridges/irc/connection/line-table.ts';
import { QUESTIONS } from '#bridges/irc/questions/question-table.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { account, enter, event, login, REALM, type Rig, rig } from '../harness.ts';

const realm = { kind: 'realm', account: account('romeo'), realm: REALM } as const;

/** The numerics that were shown since the last call, by the word that each had. */
const shown = (gw: Rig): string[] =>
  gw.told('realm').flatMap((draft) => (draft.kind === 'message' ? (/\bword-(\d{3})/.exec(draft.text)?.[1] ?? []) : []));

const numerics = Array.from({ length: 999 }, (_, index) => String(index + 1).padStart(3, '0'));

describe('the table of lines', () => {
  it('has a numeric shown that nobody reads, and none that comes with every login or join', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far } = await enter(gw, server, 'romeo');
    gw.told('realm');
    for (const numeric of numerics) far.send(`:irc.fake ${numeric} romeo x :word-${numeric}`);
    await far.sync();
    const seen = new Set(shown(gw));
    // A message of the day is told as one at its end: here it is empty, as the row (372) came before its beginning (375).
    expect(numerics.filter((numeric) => !seen.has(numeric)).join(' ')).toBe(
      '001 002 003 004 005 010 020 042 250 251 252 253 254 255 265 266 305 306 315 324 329 331 332 333 341 353 366 367 368 ' +
        '372 375 376 396 422 697 901 903',
    );
  });

  it('gives the lines that answer a question to whoever has asked, and shows them to a person', async () => {
    await using server = await ircServer({ serve: true });
    await using gw = await rig(server);
    const { far, session } = await login(gw, server, 'romeo');
    const lines: Readonly<Record<string, string>> = {
      modes: 'MODE #x',
      bans: 'MODE #x +b',
      invites: 'MODE #x +I',
      exceptions: 'MODE #x e',
      quiets: 'MODE #x +q',
      topic: 'TOPIC #x',
      names: 'NAMES #x',
      list: 'LIST',
      who: 'WHO #x',
      whois: 'WHOIS irc.fake #x',
      whowas: 'WHOWAS #x',
      invite: 'INVITE y #x',
      away: 'AWAY :gone',
      lusers: 'LUSERS',
      motd: 'MOTD',
      server: 'VERSION',
    };
    // It answers a PING behind all else.
    const pongs: string[] = [];
    server.on('PING', ([token = '']) => pongs.push(`:irc.fake PONG irc.fake :${token}`) > 0);
    for (const command of ['MODE', 'NAMES', 'TOPIC', 'WHO', 'LIST', 'INVITE', 'AWAY']) server.on(command, () => true);
    const byPerson = Object.entries(QUESTIONS).filter(
      ([kind]) => !['version', 'ping', 'roundtrip', 'members'].includes(kind),
    );
    expect(byPerson.map(([kind]) => kind).sort()).toEqual(Object.keys(lines).sort());
    gw.told('realm');
    for (const [kind, { rows, ends, after }] of byPerson) {
      const text = lines[kind] ?? '';
      gw.bridge.deliver(event('romeo', realm, { kind: 'message', text, style: 'plain' }), session);
      await far.until(new RegExp(`^${text.replace('+', '\\+')}$`));
      const all = [...rows, [...ends][0] ?? [], [...after].filter((numeric) => !ends.has(numeric))].flat();
      for (const numeric of all)
        far.send(
          numeric === '341'
            ? ':irc.fake 341 romeo word-341 #x'
            : numeric === '353'
              ? ':irc.fake 353 romeo = #x :word-353'
              : `:irc.fake ${numeric} romeo #x :word-${numeric}`,
        );
      far.send(...pongs.splice(0));
      await far.sync();
      expect([kind, ...shown(gw)]).toEqual([kind, ...all]);
    }
  });

  it('reads each line that it names, and leaves commands that it does not to nobody', () => {
    for (const command of Object.keys(LINES)) expect(command).toMatch(/^(?:[A-Z]+|\d{3})$/);
    for (const command of ['SETNAME', 'FRIEND', 'constructor', '__proto__', '1234', ''])
      expect(readingsOf(command)).toEqual([]);
  });
});
