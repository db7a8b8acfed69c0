// SECURITY "IRC in": what a hostile server does, for the tests and for `bench/hostile-irc.ts`.

/** What a server does to one user, who is in `#c` under the nick `romeo`, where `juliet` and `nurse` are as well. */
export type Attack = {
  readonly name: string;
  /** How the server greets. */
  readonly caps?: readonly string[];
  readonly isupport?: string;
  /** What the user does first, for the server to answer: enters `#big`, asks for the list of channels, or for a card. */
  readonly asks?: 'join' | 'list' | 'card';
  /** All that the server sends, in pieces. Made anew at each call. */
  pieces(): Iterable<string | Uint8Array>;
  /** What becomes of the connection where it does not stand: it is left, or its user is in no channel any more. */
  readonly end?: 'closed';
};

const HOST = ':irc.fake';
const JULIET = ':juliet!j@host.fake';
const NURSE = ':nurse!n@host.fake';
const ROMEO = ':romeo!u@host.fake';
/** Characters that a piece has at least, but for the last. */
const PIECE = 32 * 1024;

/** Lines in pieces of some size. */
function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = '';
  for (const line of lines) {
    piece += `${line}\r\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function* times(count: number, line: (n: number) => string | Iterable<string>): Generator<string> {
  for (let n = 0; n < count; n++) {
    const made = line(n);
    if (typeof made === 'string') yield made;
    else yield* made;
  }
}

/** 353 lines that list so many people. */
const names = (channel: string, count: number, nick = (n: number) => `n${n}`): Generator<string> =>
  times(
    Math.ceil(count / 40),
    (row) =>
      `${HOST} 353 romeo = ${channel} :${Array.from({ length: Math.min(40, count - row * 40) }, (_, n) => nick(row * 40 + n)).join(' ')}`,
  );
const end = (channel: string): string => `${HOST} 366 romeo ${channel} :End of /NAMES list.`;
const entered = (channel: string): string => `${ROMEO} JOIN ${channel}`;

/** Lets `#big` be entered, with so many people in it. */
function* crowd(count: number): Generator<string> {
  yield entered('#big');
  yield* names('#big', count);
  yield `${HOST} 353 romeo = #big :romeo`;
  yield end('#big');
}

function* all(...parts: readonly (Iterable<string> | string)[]): Generator<string> {
  for (const part of parts) {
    if (typeof part === 'string') yield part;
    else yield* part;
  }
}

const lines = (name: string, made: () => Iterable<string>, rest: Omit<Attack, 'name' | 'pieces'> = {}): Attack => ({
  name,
  pieces: () => inPieces(made()),
  ...rest,
});

const bytes = (name: string, made: () => Iterable<string | Uint8Array>, rest: Omit<Attack, 'name' | 'pieces'> = {}) =>
  ({ name, pieces: made, ...rest }) satisfies Attack;

const EVERYTHING = ['message-tags', 'server-time', 'batch', 'labeled-response', 'echo-message', 'away-notify'];
const MORE = [
  'draft/multiline=max-bytes=4096',
  'draft/chathistory',
  'draft/message-redaction',
  'chghost',
  'cap-notify',
];

const COMMANDS =
  'PRIVMSG NOTICE TAGMSG REDACT JOIN PART KICK QUIT NICK MODE TOPIC INVITE AWAY CHGHOST SETNAME ACCOUNT CAP BATCH ACK FAIL WARN NOTE WALLOPS PONG ERR'.split(
    ' ',
  );

/** Letters and signs that XML, a JID or a terminal takes for something else. */
export const ODD_NICKS: readonly string[] = [
  `<presence/>`,
  `</stream:stream>`,
  `a&b`,
  `a'b"c`,
  `&#3;`,
  `a/b`,
  `a@b`,
  `a%b`,
  `a\\20b`,
  `a\u0002b`,
  `\u0003`,
  `\uFFFE`,
  `\uFFFF`,
  `a\u202Eb`,
  `a\u200Bb`,
  `\u00AD`,
  `\u{1F600}\u{E0001}`,
  `\u0378`,
  `\uE000`,
  `\u2028`,
  `\u00A0`,
  `a\u3000b`,
  `..`,
  `__proto__`,
  `constructor`,
  'x'.repeat(500),
  '\u{1F600}'.repeat(49),
  '\u0301'.repeat(90),
];

/** Nicks that are one where a JID is prepared (RFC 7622 §3.4.1, §3.3.1), or only look so. */
export const TWINS: readonly (readonly [string, string])[] = [
  ['\u00E9', 'e\u0301'],
  ['\u212B', '\u00C5'],
  ['\u212A', 'K'],
  ['\uFF41b', 'ab'],
  ['\u00DF', 'ss'],
  ['\u01C6', 'd\u017E'],
  ['a{', 'a['],
  ['a\u00ADb', 'ab'],
];

/** Every attack; `scale` makes the long ones shorter, but for the lists of names. */
export function attacks(scale = 1): readonly Attack[] {
  const many = (count: number): number => Math.ceil(count * scale);
  /** People of whom all are looked at one by one no more. */
  const people = Math.max(many(20_000), 1200);
  return [
    lines('lists 200,000 people', () => crowd(200_000), { asks: 'join' }),
    lines('lets somebody in without an end', () => all(entered('#big'), names('#big', 200_000)), { asks: 'join' }),
    lines('lists 200,000 people once more', () => all(names('#c', 200_000), end('#c'))),
    bytes('sends a line without an end', () => times(64, () => 'x'.repeat(16 * 1024)), { end: 'closed' }),
    bytes('sends a line of half a megabyte', () => [`${NURSE} TOPIC #c :`, 'x'.repeat(500_000), '\r\n'], {
      end: 'closed',
    }),
    bytes('sends a megabyte of tags', () => ['@', 'a=b;'.repeat(250_000), ` ${NURSE} PRIVMSG #c :hark\r\n`], {
      end: 'closed',
    }),
    lines('sends 8,000 tags in a line', () => times(many(200), () => `@${'a;'.repeat(8_000)} ${NURSE} PRIVMSG #c :x`)),
    bytes('sends CR and NUL where they are not to be', () =>
      times(many(2000), (n) => `${NURSE} PRIVMSG #c :a\rb\0c${n}\r\0\n\r\r\n\0\n`),
    ),
    bytes('sends bytes that are no UTF-8', () =>
      Array.from({ length: many(200) }, () =>
        Buffer.concat([
          Buffer.from(`${NURSE} PRIVMSG #c :`),
          Buffer.from([0xc0, 0xbc, 0xff, 0xfe, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82]),
          Buffer.from('\r\n'),
        ]),
      ),
    ),
    lines('says senseless things of itself', () =>
      all(
        `${HOST} 005 romeo NICKLEN=0 NICKLEN=-1 NICKLEN=1e9 MODES=99999999999 MODES= TOPICLEN=0 CHANNELLEN=0 :are supported`,
        `${HOST} 005 romeo CHANTYPES= CHANTYPES=abc PREFIX= PREFIX=( PREFIX=(ov PREFIX=(ov)@ PREFIX=(oo)@@ CHANMODES CHANMODES=,,, :are supported`,
        `${HOST} 005 romeo CASEMAPPING=klingon CASEMAPPING= TARGMAX=PRIVMSG:0,NOTICE:-1,JOIN: TARGMAX=: MAXLIST=b:x :are supported`,
        `${HOST} 005 romeo __proto__=x constructor=x toString=x NETWORK= NETWORK=${'x'.repeat(9000)} -PREFIX -CHANTYPES = == :are supported`,
        `${HOST} 005 romeo CHANMODES=${'b'.repeat(3000)},${'k'.repeat(3000)},${'l'.repeat(3000)},${'m'.repeat(3000)} STATUSMSG=${'@'.repeat(2000)} :are supported`,
        times(
          many(5000),
          (n) => `${HOST} 005 romeo CASEMAPPING=x${n} MONITOR=${n} CLIENTTAGDENY=*,-a${n} :are supported`,
        ),
        `${HOST} 005 romeo CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=beI,k,l,imnpst :are supported`,
      ),
    ),
    lines(
      'leaves parameters out',
      () =>
        all(
          times(1000, (n) => [`${HOST} ${String(n).padStart(3, '0')}`, `${HOST} ${String(n).padStart(3, '0')} romeo`]),
          times(COMMANDS.length, (n) => {
            const command = COMMANDS[n] ?? '';
            const own = ['PART', 'NICK', 'KICK'].includes(command);
            return ['', ':x ', `${HOST} `, `${NURSE} `, ':!@ ', ': ', ...(own ? [] : [`${ROMEO} `])].flatMap((from) => [
              `${from}${command}`,
              `${from}${command} :`,
              `@;=;a=;=b ${from}${command} `,
              ...(own ? [] : [`${from}${command} #c`, `${from}${command} romeo`, `${from}${command} #c :`]),
            ]);
          }),
          [':', '@', ' ', ':: ::', '@ :', ':a', '@a', 'é 1', '\u0001'],
        ),
      { caps: [...EVERYTHING, ...MORE] },
    ),
    lines('tells of strangers in unknown channels', () =>
      times(many(20_000), (n) => [
        `:x${n}!u@h PART #c`,
        `:x${n}!u@h PART #unknown${n}`,
        `:x${n}!u@h JOIN #unknown${n}`,
        `:x${n}!u@h KICK #unknown y${n}`,
        `:x${n}!u@h KICK #c y${n}`,
        `:x${n}!u@h NICK z${n}`,
        `:x${n}!u@h MODE #unknown${n} +o x${n}`,
        `${HOST} 353 romeo = #unknown${n} :a b c`,
        `${HOST} 366 romeo #unknown${n} :End`,
      ]),
    ),
    lines('speaks in the name of others', () =>
      all(
        [
          ':romeo',
          ':romeo!u@host.fake',
          ':ROMEO!x@y',
          ':juliet',
          ':irc.fake!u@h',
          ':#c',
          ':#c!u@h',
          ':@#c!u@h',
        ].flatMap((from) => [
          `${from} PRIVMSG #c :in whose name?`,
          `${from} NOTICE romeo :in whose name?`,
          `${from} PRIVMSG romeo :in whose name?`,
          `${from} INVITE romeo #c`,
          `${from} MODE romeo +i`,
          `${from} TOPIC #c :in whose name?`,
        ]),
        [':*!*@*', ':a,b!u@h', ':$$*!u@h', ':::!u@h', ':irc.gw.example!u@h', ':%!u@h', ':@!u@h'].map(
          (from) => `${from} PRIVMSG romeo :who is this?`,
        ),
      ),
    ),
    lines('asks by CTCP without an end', () =>
      times(many(10_000), (n) => [
        `:x${n}!u@h PRIVMSG romeo :\u0001VERSION\u0001`,
        `:x${n}!u@h PRIVMSG romeo :\u0001PING ${'9'.repeat(300)}\u0001`,
        `:x${n}!u@h PRIVMSG #c :\u0001TIME\u0001`,
        `:x${n}!u@h PRIVMSG romeo :\u0001DCC SEND /etc/passwd 2130706433 22 99999999999\u0001`,
        `:x${n}!u@h NOTICE romeo :\u0001VERSION ${n}\u0001`,
        `:x${n}!u@h PRIVMSG romeo :\u0001${'\u0001'.repeat(20)}`,
      ]),
    ),
    lines('has people with odd nicks', () =>
      all(
        `${HOST} 005 romeo CASEMAPPING=ascii :are supported`,
        ODD_NICKS.flatMap((nick) => [
          `:${nick}!u@h JOIN #c`,
          `:${nick}!u@h PRIVMSG #c :hark`,
          `:${nick}!u@h PRIVMSG romeo :hark`,
          `:${nick}!u@h TOPIC #c :${nick}`,
          `:${nick}!u@h INVITE romeo #${nick}`,
          `${NURSE} KICK #c ${nick} :${nick}`,
          `:${nick}!u@h JOIN #c`,
          `:${nick}!u@h QUIT :${nick}`,
        ]),
        ODD_NICKS.map((nick, n) => `${n === 0 ? NURSE : `:${ODD_NICKS[n - 1]}!u@h`} NICK :${nick}`),
      ),
    ),
    lines('has people whom one address cannot tell apart', () =>
      all(
        `${HOST} 005 romeo CASEMAPPING=ascii :are supported`,
        TWINS.flat().flatMap((nick) => [`:${nick}!u@h JOIN #c`, `:${nick}!u@h PRIVMSG #c :I am ${nick}`]),
        TWINS.flat().map((nick) => `:${nick}!u@h PRIVMSG romeo :I am ${nick}`),
        TWINS.map(([nick]) => `:${nick}!u@h PART #c`),
      ),
    ),
    lines(
      'tells of one person without an end',
      () =>
        times(many(100_000), (n) => [
          `${HOST} 311 romeo juliet u${n} h${n} * :${'x'.repeat(200)}`,
          `${HOST} 319 romeo juliet :#a${n} #b${n}`,
        ]),
      { asks: 'card' },
    ),
    lines(
      'lists 100,000 channels',
      () =>
        all(
          times(many(100_000), (n) => `${HOST} 322 romeo #${n} ${n} :[+nt] what is said in ${n}`),
          `${HOST} 323 romeo :End of /LIST`,
        ),
      { asks: 'list' },
    ),
    lines('lists channels without an end', () => times(many(200_000), (n) => `${HOST} 322 romeo #${n} 1 :x`), {
      asks: 'list',
    }),
    lines(
      'begins batches that never end',
      () =>
        all(
          `@batch=a ${HOST} BATCH +a chathistory #c`,
          `@batch=b ${HOST} BATCH +a netsplit a b`,
          `@batch=a ${HOST} BATCH +b netsplit a b`,
          times(many(100_000), (n) => [
            `@batch=n${n - 1} ${HOST} BATCH +n${n} labeled-response`,
            `@batch=n${n};msgid=q${n} ${NURSE} NOTICE #c :within ${n}`,
          ]),
          times(many(20_000), (n) => `${HOST} BATCH -n${n}`),
        ),
      { caps: [...EVERYTHING, ...MORE] },
    ),
    lines(
      'answers by labels of others',
      () =>
        times(many(20_000), (n) => [
          `@label=e${n} ${HOST} ACK`,
          `@label=e${n} ${HOST} 401 romeo #c :No such nick`,
          `@label=${'e'.repeat(500)} ${HOST} ACK`,
          `@label=e${n} ${ROMEO} NICK :romeo`,
          `@label=e${n};batch=x ${NURSE} PRIVMSG #c :labelled ${n}`,
        ]),
      { caps: [...EVERYTHING, ...MORE] },
    ),
    lines(
      'says one message without an end',
      () =>
        times(30, (batch) =>
          all(
            `${HOST} BATCH +m${batch} draft/multiline #c`,
            times(many(2000), (n) => `@batch=m${batch} ${NURSE} PRIVMSG #c :${n} ${'x'.repeat(300)}`),
          ),
        ),
      { caps: [...EVERYTHING, ...MORE] },
    ),
    lines('changes 10,000 modes in a line', () =>
      times(many(100), (n) => [
        `${NURSE} MODE #c +${'o-o+'.repeat(2500)} ${'juliet '.repeat(800)}`,
        `${NURSE} MODE #c ${'+m-m'.repeat(2500)}`,
        `${NURSE} MODE #c +${Array.from({ length: 3500 }, (_, at) => String.fromCodePoint(0x10000 + n * 3500 + at)).join('')}`,
        `${HOST} 324 romeo #c +${'k'.repeat(5000)} ${'x'.repeat(9000)}`,
        `${NURSE} MODE #c +klklkl ${'y'.repeat(5000)} ${'z'.repeat(5000)}`,
      ]),
    ),
    lines('bans whom no mask can fit', () =>
      all(
        times(60, (n) => `${NURSE} MODE #c +b ${'*a'.repeat(7000)}${n}`),
        times(
          60,
          (n) =>
            `${NURSE} MODE #c +bbbb ${'*a'.repeat(100)}${n} ${'*?'.repeat(80)}${n} *!*@*${n} ${'*'.repeat(200)}b${n}`,
        ),
        times(many(200), (n) => [
          `:k${n}!${'a'.repeat(7000)}@${'a'.repeat(7000)} JOIN #c`,
          `${NURSE} KICK #c k${n} :out`,
        ]),
      ),
    ),
    lines(
      'silences a crowd again and again',
      () =>
        all(
          crowd(people),
          times(many(40), () => [`${NURSE} MODE #big +m`, `${NURSE} MODE #big -m`]),
        ),
      { asks: 'join' },
    ),
    lines(
      'silences a crowd by masks',
      () =>
        all(
          crowd(people),
          times(many(50), (n) => `${NURSE} MODE #big +q n${n}*!*@*`),
          times(many(50), (n) => `${NURSE} MODE #big -q n${n}*!*@*`),
        ),
      { asks: 'join', isupport: 'CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ CHANMODES=beIq,k,l,imnpst' },
    ),
    lines(
      'forwards in a circle',
      () =>
        all(
          `${HOST} 470 romeo #big #a :Forwarding to another channel`,
          times(many(5000), (n) => [
            `${HOST} 470 romeo #a${n} #a${n + 1} :Forwarding to another channel`,
            `${HOST} 470 romeo #a${n + 1} #a${n} :Forwarding to another channel`,
            `${HOST} 470 romeo #big #big :Forwarding to another channel`,
            entered(`#a${n}`),
            `${ROMEO} PART #a${n}`,
          ]),
        ),
      { asks: 'join' },
    ),
    lines('renames its user in a loop', () =>
      all(
        times(many(10_000), (n) => `:${n === 0 ? 'romeo' : `r${n - 1}`}!u@h NICK :r${n}`),
        `:r${many(10_000) - 1}!u@h NICK :romeo`,
      ),
    ),
    lines('renames others in a loop', () =>
      all(
        times(many(20_000), (n) => `:${n === 0 ? 'nurse' : `r${n - 1}`}!u@h NICK :r${n}`),
        times(many(20_000), (n) => `:juliet!u@h NICK :${n % 2 ? 'juliet' : 'Juliet'}`),
      ),
    ),
    lines('puts its user into channels without an end', () =>
      times(many(5000), (n) => all(entered(`#f${n}`), names(`#f${n}`, 400), end(`#f${n}`))),
    ),
    lines(
      'kicks its user, and lets them in again',
      () =>
        times(many(1000), () => [
          `${NURSE} KICK #c romeo :out`,
          entered('#c'),
          `${HOST} 353 romeo = #c :romeo juliet nurse`,
          end('#c'),
        ]),
      { end: 'closed' },
    ),
    lines(
      'kicks a crowd',
      () =>
        all(
          crowd(people),
          times(people, (n) => `${NURSE} KICK #big n${n} :out`),
        ),
      {
        asks: 'join',
      },
    ),
    lines(
      'loses a crowd',
      () =>
        all(
          crowd(people),
          times(people, (n) => `:n${n}!u@h QUIT :bye`),
        ),
      { asks: 'join' },
    ),
    lines(
      'loses a crowd by a netsplit, and has it back',
      () =>
        all(
          crowd(people),
          times(people, (n) => `:n${n}!u@h QUIT :a.example b.example`),
          times(people, (n) => `:n${n}!u@h JOIN #big`),
        ),
      { asks: 'join' },
    ),
    lines(
      'renames people while a crowd is away by a netsplit',
      () =>
        all(
          crowd(people),
          times(people, (n) => `:n${n}!u@h QUIT :a.example b.example`),
          times(many(20_000), (n) => `:${n % 2 ? 'nurse' : 'Nurse'}!u@h NICK :${n % 2 ? 'Nurse' : 'nurse'}`),
          times(people, (n) => [`:n${n}!u@h JOIN #big`, `${HOST} MODE #big +v n${n}`]),
          times(many(20_000), (n) => `:n${n}!u@h PRIVMSG #big :back`),
        ),
      { asks: 'join' },
    ),
    lines('has people come and go without an end', () =>
      times(many(50_000), (n) => [`:g${n}!u@h JOIN #c`, `:g${n}!u@h PART #c :${n}`]),
    ),
    lines('has people come without an end, each under a long mask', () =>
      times(many(20_000), (n) => `:long-nick-number-${n}!${'u'.repeat(400)}@${'h'.repeat(400)} JOIN #c`),
    ),
    lines('changes the subject without an end', () =>
      times(many(2000), (n) => `${NURSE} TOPIC #c :${n} ${'x'.repeat(8000)}`),
    ),
    lines('speaks without an end', () =>
      times(many(20_000), (n) => [
        `:s${n}!u@h PRIVMSG #c :${n}`,
        `${JULIET} PRIVMSG #c :${'<&\u0003\uFFFE'.repeat(50)}`,
      ]),
    ),
    lines('writes to its user without an end', () => times(many(5000), (n) => `:p${n}!u@h PRIVMSG romeo :${n}`)),
    lines('tells its user of itself without an end', () =>
      times(many(10_000), (n) => [
        `${HOST} NOTICE romeo :${n}`,
        `${HOST} 999 romeo :${n}`,
        `:w${n}!u@h WALLOPS :${n}`,
        `${HOST} 900 romeo romeo!u@h a${n} :You are now logged in`,
      ]),
    ),
    lines('invites without an end', () => times(many(5000), (n) => `:i${n}!u@h INVITE romeo #i${n}`)),
    lines('has a message of the day without an end', () =>
      all(
        `${HOST} 375 romeo :- Message`,
        times(many(100_000), (n) => `${HOST} 372 romeo :- ${n}`),
      ),
    ),
    lines('pings without an end', () => times(many(50_000), (n) => `PING :${n}`)),
    lines(
      'has people type, react, go away and move without an end',
      () =>
        times(many(20_000), (n) => [
          `@+typing=active :t${n}!u@h TAGMSG #c`,
          `@+draft/react=\u{1F600};+draft/reply=id${n % 7};msgid=t${n} ${NURSE} TAGMSG #c`,
          `@msgid=m${n};time=2026-01-01T00:00:00.000Z ${NURSE} PRIVMSG #c :${n}`,
          `${NURSE} REDACT #c m${n} :no`,
          `${NURSE} AWAY :${n}`,
          `${NURSE} CHGHOST u${n} h${n}`,
          `${HOST} CAP romeo NEW :sasl=X${n} unknown${n}=y`,
          `${HOST} CAP romeo DEL :sasl unknown${n}`,
          `${HOST} FAIL PRIVMSG ACCOUNT_REQUIRED :no ${n}`,
        ]),
      { caps: [...EVERYTHING, ...MORE] },
    ),
    lines('refuses what nobody has asked for', () =>
      times(many(10_000), (n) => [
        `${HOST} 433 romeo r${n} :Nickname is already in use`,
        `${HOST} 401 romeo x${n} :No such nick`,
        `${HOST} 404 romeo #c :Cannot send`,
        `${HOST} 403 romeo #c :No such channel`,
        `${HOST} 474 romeo #c :Banned`,
        `${HOST} 481 romeo :Permission denied`,
        `${HOST} 303 romeo :a b c${n}`,
        `${HOST} 730 romeo :a!u@h,b${n}!u@h`,
        `${HOST} 734 romeo 1 a,b :Full`,
        `${HOST} PONG irc.fake :barrier-${n}`,
        `${HOST} PONG irc.fake :trip-${n}`,
      ]),
    ),
  ];
}
