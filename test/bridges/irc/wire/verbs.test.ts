// SECURITY "IRC out": whatever stands in any parameter, exactly the intended lines leave, or none.
import { readdirSync, readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '#bridges/irc/commands.ts';
import type { IrcConfig } from '#bridges/irc/config.ts';
import { raw } from '#bridges/irc/wire/raw.ts';
import type { Command, CommandWork, Session } from '#src/bridge.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { MessageId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Query } from '#src/model/query.ts';
import { Sealed } from '#src/model/sealed.ts';
import { type IrcConnection, type IrcServer, ircServer, parseClientLine } from '../../../fakes/irc-server.ts';
import { contact, enter, event, key, REALM, type Rig, rig, shared } from '../harness.ts';

const CAPS =
  'message-tags batch echo-message server-time draft/message-redaction draft/chathistory draft/multiline=max-bytes=4096';

/** What may stand in a parameter. */
const EVIL: readonly (readonly [string, string])[] = [
  ['CR', 'a\rQUIT :b'],
  ['LF', 'a\nQUIT :b'],
  ['CRLF', 'a\r\nQUIT :b\r\n'],
  ['NUL', 'a\0b'],
  ['a comma', 'a,b'],
  ['a comma and a channel', 'a,#other'],
  ['a space', 'a b'],
  ['a leading space', ' a'],
  ['a leading colon', ':a b'],
  ['a colon behind a space', 'a :b c'],
  ['nothing', ''],
  ['a space alone', ' '],
  ['an at sign', '@a=b c'],
  ['CTCP', '\u0001VERSION\u0001'],
  ['line separators', 'a\u0085b\u2028c'],
  ['something very long', 'x'.repeat(3000)],
  ['something very long beyond ASCII', '\u{1F600}'.repeat(900)],
];

/** What a line of ours may look like: its verb, and its parameters, each with what it may be. */
type Shape = readonly [verb: string, ...params: RegExp[]];
const WORD = /^[^:, \r\n\0][^, \r\n\0]*$/;
const ROOM = /^#[^, \r\n\0]*$/;
const TEXT = /^[^\r\n\0]*$/;
const C = /^#c$/;

type Made = { readonly body: EventBody; readonly place: Place } | { readonly query: Query };
type Case = { readonly made: (evil: string) => Made; readonly shapes: readonly Shape[] };

const c = shared('#c');
const says = (text: string, style: 'plain' | 'action' | 'notice' = 'plain'): EventBody => ({
  kind: 'message',
  text,
  style,
});
const who = (nick: string, role: 'none' | 'visitor' | 'participant' | 'moderator' = 'none') =>
  ({ id: nick, nick, affiliation: 'none', role }) as const;
const occupant = (change: 'join' | 'leave' | 'kick' | 'ban' | 'role', nick: string, more: object = {}): EventBody => ({
  kind: 'occupant',
  change,
  who: who(nick, change === 'role' ? 'moderator' : 'none'),
  ...more,
});
const realm: Place = { kind: 'realm', account: key('romeo').account, realm: REALM };
const at = (place: Place, body: EventBody): Made => ({ place, body });
const MODES: readonly Shape[] = [
  ['MODE', C, /^[+-][A-Za-z+-]+$/, WORD],
  ['MODE', C, /^[+-][A-Za-z+-]+$/, WORD, WORD],
];
const BANS: readonly Shape[] = [...MODES, ['KICK', C, WORD]];
const SAID: readonly Shape[] = [
  ['PRIVMSG', C, TEXT],
  ['BATCH', /^\+m\d+$/, /^draft\/multiline$/, C],
  ['BATCH', /^-m\d+$/],
];

const CASES: Readonly<Record<string, Case>> = {
  'JOIN a channel': {
    made: (evil) => at(shared(`#${evil}`), occupant('join', 'romeo')),
    shapes: [['JOIN', ROOM]],
  },
  'JOIN with a key': {
    made: (evil) => at(shared('#key'), occupant('join', 'romeo', { password: new Sealed(evil) })),
    shapes: [['JOIN', /^#key$/, WORD]],
  },
  'PART a channel': { made: (evil) => at(shared(`#${evil}`), occupant('leave', 'romeo')), shapes: [['PART', ROOM]] },
  'PART with a reason': {
    made: (evil) => at(shared('#never'), occupant('leave', 'romeo', { reason: evil })),
    shapes: [
      ['PART', /^#never$/],
      ['PART', /^#never$/, TEXT],
    ],
  },
  'PRIVMSG to a channel': {
    made: (evil) => at(shared(`#${evil}`), says('hark')),
    shapes: [['PRIVMSG', ROOM, /^hark$/]],
  },
  'PRIVMSG to a person': {
    made: (evil) => at(contact('romeo', evil), says('hark')),
    shapes: [['PRIVMSG', WORD, /^hark$/]],
  },
  'PRIVMSG with a text': { made: (evil) => at(c, says(evil)), shapes: SAID },
  'PRIVMSG with an action': {
    made: (evil) => at(c, says(evil, 'action')),
    shapes: [['PRIVMSG', C, /^\u0001ACTION [^\r\n\0]*\u0001$/]],
  },
  'PRIVMSG as an answer': {
    made: (evil) => at(c, { kind: 'message', text: 'hark', style: 'plain', replyTo: evil as MessageId }),
    shapes: [['PRIVMSG', C, /^hark$/]],
  },
  'NOTICE with a text': {
    made: (evil) => at(c, says(evil, 'notice')),
    shapes: [['NOTICE', C, TEXT], ...SAID.slice(1)],
  },
  'TOPIC of a channel': {
    made: (evil) => at(shared(`#${evil}`), { kind: 'topic', text: 'x' }),
    shapes: [['TOPIC', ROOM, /^x$/]],
  },
  'TOPIC with a text': { made: (evil) => at(c, { kind: 'topic', text: evil }), shapes: [['TOPIC', C, TEXT]] },
  'KICK somebody': { made: (evil) => at(c, occupant('kick', evil)), shapes: [['KICK', C, WORD]] },
  'KICK with a reason': {
    made: (evil) => at(c, occupant('kick', 'juliet', { reason: evil })),
    shapes: [
      ['KICK', C, /^juliet$/],
      ['KICK', C, /^juliet$/, TEXT],
    ],
  },
  'MODE that bans': { made: (evil) => at(c, occupant('ban', evil)), shapes: BANS },
  'MODE for a role': { made: (evil) => at(c, occupant('role', evil)), shapes: MODES },
  'MODE for an affiliation': {
    made: (evil) => at(c, { kind: 'affiliation', changes: [{ id: evil, affiliation: 'member' }] }),
    shapes: MODES,
  },
  'MODE for an outcast': {
    made: (evil) => at(c, { kind: 'affiliation', changes: [{ id: evil, affiliation: 'outcast' }] }),
    shapes: MODES,
  },
  'MODE for a key': {
    made: (evil) =>
      at(c, { kind: 'room', change: 'config', answer: { password: [evil], 'password-protected': ['1'] } }),
    shapes: [
      ['MODE', C],
      ['MODE', C, /^\+k$/, WORD],
    ],
  },
  'MODE for a limit': {
    made: (evil) => at(c, { kind: 'room', change: 'config', answer: { limit: [evil] } }),
    shapes: [
      ['MODE', C],
      ['MODE', C, /^[+-]l$/],
      ['MODE', C, /^\+l$/, /^\d+$/],
    ],
  },
  'INVITE somebody': {
    made: (evil) => at(contact('romeo', evil), { kind: 'invite', room: `#c%${REALM}` }),
    shapes: [['INVITE', WORD, C]],
  },
  'INVITE to a channel': {
    made: (evil) => at(contact('romeo', 'juliet'), { kind: 'invite', room: `#${evil}%${REALM}` }),
    shapes: [['INVITE', /^juliet$/, ROOM]],
  },
  'NICK as wanted': { made: (evil) => at(c, { kind: 'nick', wanted: evil }), shapes: [['NICK', WORD]] },
  'REDACT a message': {
    made: (evil) => at(c, { kind: 'retract', target: evil as MessageId }),
    shapes: [['REDACT', C, /^[^: \r\n\0][^ \r\n\0]*$/]],
  },
  'REDACT with a reason': {
    made: (evil) => at(c, { kind: 'retract', target: 'id' as MessageId, reason: evil }),
    shapes: [
      ['REDACT', C, /^id$/],
      ['REDACT', C, /^id$/, TEXT],
    ],
  },
  'TAGMSG with a reaction': {
    made: (evil) => at(c, { kind: 'reaction', target: 'id' as MessageId, emoji: [evil] }),
    shapes: [['TAGMSG', C]],
  },
  'TAGMSG about a message': {
    made: (evil) => at(c, { kind: 'reaction', target: evil as MessageId, emoji: ['x'] }),
    shapes: [['TAGMSG', C]],
  },
  'TAGMSG to whom one types': {
    made: (evil) => at(contact('romeo', evil), { kind: 'typing', active: true }),
    shapes: [['TAGMSG', WORD]],
  },
  'MONITOR somebody': {
    made: (evil) => at(contact('romeo', evil), { kind: 'contact', action: 'subscribe' }),
    shapes: [['MONITOR', /^[+-]$/, WORD]],
  },
  'AWAY with a text': {
    made: (evil) => at(realm, { kind: 'presence', show: 'away', status: evil }),
    shapes: [['AWAY'], ['AWAY', TEXT]],
  },
  'WHOIS somebody': {
    made: (evil) => ({ query: { kind: 'profile', who: evil } as unknown as Query }),
    shapes: [['WHOIS', WORD]],
  },
  'PRIVMSG that asks for a version': {
    made: (evil) => ({ query: { kind: 'version', who: evil } as unknown as Query }),
    shapes: [['PRIVMSG', WORD, /^\u0001VERSION\u0001$/]],
  },
  'LIST what fits': {
    made: (evil) => ({ query: { kind: 'rooms', realm: REALM, page: { max: 10 }, match: evil } as unknown as Query }),
    shapes: [['LIST']],
  },
};

/** Verbs whose parameters nobody but the gateway and the server chooses: their tests are where they are written. */
const OWN = [
  'AUTHENTICATE',
  'CAP',
  'PASS',
  'PING',
  'PONG',
  'QUIT',
  'SETNAME',
  'USER',
  'WEBIRC',
  'ISON',
  'CHATHISTORY',
  'MARKREAD',
  'WHO',
];

function fits(line: string, shapes: readonly Shape[]): boolean {
  const { command, params } = parseClientLine(line);
  return shapes.some(
    ([verb, ...wanted]) =>
      verb === command &&
      wanted.length === params.length &&
      wanted.every((one, index) => one.test(params[index] ?? '')),
  );
}

const FIELDS = ['nick', 'text', 'reason', 'subject'];

describe('every verb', () => {
  const stack = new AsyncDisposableStack();
  let server: IrcServer;
  let gw: Rig;
  let session: Session;
  let far: IrcConnection;

  beforeAll(async () => {
    const isupport = 'CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=beI,k,l,imnpst MONITOR=1000';
    server = stack.use(await ircServer({ serve: true, caps: CAPS.split(' '), isupport }));
    gw = stack.use(await rig(server));
    for (const command of [
      'JOIN',
      'PART',
      'NICK',
      'TOPIC',
      'KICK',
      'INVITE',
      'WHOIS',
      'LIST',
      'PRIVMSG',
      'NOTICE',
      'MONITOR',
    ])
      server.on(command, (params, { registered }) => registered && params[0] !== '#c');
    ({ far, session } = await enter(gw, server, 'romeo'));
    far.send(':juliet!j@host.fake JOIN #c');
    await far.sync();
  });
  afterAll(() => stack.disposeAsync());

  /** What leaves for it; what is refused is refused in words. */
  async function linesFor(made: Made): Promise<string[]> {
    const refused = (error: unknown): void => void expect(error).toBeInstanceOf(Failure);
    try {
      if ('query' in made) void gw.bridge.ask(made.query, session).catch(refused);
      else gw.bridge.deliver(event('romeo', made.place, made.body) as Event, session);
    } catch (error) {
      refused(error);
    }
    // Being away is said after a minute, and what can wait after a moment.
    gw.clock.advance(61_000);
    await far.sync();
    await far.sync();
    const lines: string[] = [];
    while (far.unread.length > 0) lines.push(await far.next());
    return lines.filter((line) => !/^(PING|@?[^ ]* ?CHATHISTORY)/.test(line));
  }

  describe.each(Object.entries(CASES))('%s', (_name, { made, shapes }) => {
    it.each(EVIL)('where there is %s', async (_what, evil) => {
      const lines = await linesFor(made(evil));
      for (const line of lines) {
        expect(line).not.toMatch(/[\r\n\0]/);
        expect(Buffer.byteLength(line.replace(/^@[^ ]* /, ''))).toBeLessThanOrEqual(510);
      }
      expect(lines.filter((line) => !fits(line, [...shapes, ['TAGMSG', WORD]]))).toEqual([]);
    });
  });

  it('is among them', () => {
    const root = path(import.meta.dirname, '../../../../bridges/irc');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const written = sources.flatMap((name) =>
      [...readFileSync(path(root, name), 'utf8').matchAll(/\b(?:line|makeLine)\('([A-Z]+)'/g)].map(
        ([, verb = '']) => verb,
      ),
    );
    const tested = new Set(Object.values(CASES).flatMap(({ shapes }) => shapes.map(([verb]) => verb)));
    expect([...new Set(written)].filter((verb) => !tested.has(verb) && !OWN.includes(verb))).toEqual([]);
  });
});

const MASK = /^[^:, \r\n\0][^, \r\n\0]*$/;
const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  topic: [
    ['TOPIC', C],
    ['TOPIC', C, TEXT],
  ],
  kick: [
    ['KICK', C, WORD],
    ['KICK', C, WORD, TEXT],
  ],
  ban: [['MODE', C, /^\+b$/, MASK]],
  unban: [['MODE', C, /^-b$/, MASK]],
  ...Object.fromEntries(
    ['op +o', 'deop -o', 'voice +v', 'devoice -v'].map((one) => {
      const [node = '', [sign, letter] = ''] = one.split(' ');
      const times = [1, 2, 3, 4, 5];
      return [
        node,
        times.map(
          (count): Shape => [
            'MODE',
            C,
            new RegExp(`^\\${sign}${letter}{${count}}$`),
            ...Array.from({ length: count }, () => WORD),
          ],
        ),
      ];
    }),
  ),
  invite: [['INVITE', WORD, C]],
  nick: [['NICK', WORD]],
  part: [
    ['PART', C],
    ['PART', C, TEXT],
  ],
  msg: [['PRIVMSG', WORD, TEXT]],
  notice: [['NOTICE', WORD, TEXT]],
  whois: [
    ['WHOIS', WORD],
    ['WHOIS', WORD, WORD],
    ['WHOIS', WORD, WORD, WORD],
  ],
  away: [['AWAY'], ['AWAY', TEXT]],
  quit: [['QUIT'], ['QUIT', TEXT]],
};

/** The line that a command becomes; `undefined` where it is refused. */
async function typedLine(command: Command<IrcConfig>, answer: Answer): Promise<string | undefined> {
  let sent: string | undefined;
  const bridge = {
    ask: async () => ({ kind: 'room', name: '#c' }),
    deliver: (one: Event) => void (sent = one.kind === 'message' ? raw(one.text).line : ''),
  };
  const { account } = key('romeo');
  const work = { bridge, host: { clock: { now: () => 0 } }, account, session: { account, realm: REALM }, place: c };
  const dialogue = command.run(work as unknown as CommandWork<IrcConfig>);
  try {
    await dialogue.next();
    await dialogue.next(answer);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
  }
  return sent;
}

describe('every command that is typed', () => {
  // These are lines of IRC as their user wrote them.
  const shaped = commands.filter(({ node }) => node !== 'mode' && node !== 'raw');
  const fields = shaped.flatMap((command) => FIELDS.map((field) => ({ node: command.node, field, command })));

  it.each(fields)('$node with anything as $field', async ({ node, field, command }) => {
    // A form that lacks what it needs is refused before.
    for (const [what, evil] of EVIL.filter((one) => one[1].trim() !== '')) {
      const line = await typedLine(command, { nick: ['juliet'], text: ['hark'], [field]: [evil] });
      expect.soft(line === undefined || fits(line, SHAPES[node] ?? []), `${node} with ${what}: ${line}`).toBe(true);
    }
  });
});
