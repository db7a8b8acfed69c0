/** What a bot hears in the channel. */
export interface Heard {
  readonly nick: string;
  readonly text: string;
  /** From 0 up to 1, as `Math.random`. */
  readonly chance: () => number;
  readonly now: Date;
}

/** One inhabitant of the demo's IRC channel: words only, `bots.ts` brings them to life. */
export interface Bot {
  readonly nick: string;
  /** Its real name on IRC. */
  readonly about: string;
  /** What it says to somebody who comes in, each after that many milliseconds. */
  greet(nick: string, now: Date): readonly { readonly after: number; readonly text: string }[];
  answer?(heard: Heard): string | undefined;
}

export const topic = 'One channel, two networks: Isthmus carries every line between IRC and XMPP';

const clockTime = (now: Date) => now.toTimeString().slice(0, 5);

const mira: Bot = {
  nick: 'mira',
  about: 'Greets and answers',
  greet: (nick) => [
    { after: 900, text: `Welcome to #isthmus, ${nick}! I am a bot on the IRC server.` },
    {
      after: 5_200,
      text: `Say hello, ask me something, or try !dice and !echo.`,
    },
  ],
  answer: ({ nick, text }) => {
    if (text.startsWith('!')) return undefined;
    if (/\b(hello|hallo|hi|hey|moin|salut|hola)\b/i.test(text))
      return `Hello, ${nick}! I read you loud and clear, over IRC.`;
    if (/\bthank/i.test(text)) return `You are welcome, ${nick}.`;
    if (/\b(what is this|isthmus)\b.*\?/i.test(text))
      return 'An isthmus is a strip of land between two seas. This one lies between XMPP and IRC.';
    if (/\bwho\b.*\?/i.test(text)) return 'I am mira, with me are sundial and parrot. All three of us only speak IRC.';
    if (text.trim().endsWith('?')) return `Good question, ${nick}. I am a very small bot, but sundial knows the time.`;
    return undefined;
  },
};

const sundial: Bot = {
  nick: 'sundial',
  about: 'Knows the time',
  greet: (_, now) => [{ after: 2_600, text: `It is ${clockTime(now)} by my shadow. Good to have company.` }],
  answer: ({ text, now }) =>
    /\btime\b/i.test(text) && !text.startsWith('!') ? `It is ${clockTime(now)}, and the sun is doing fine.` : undefined,
};

const parrot: Bot = {
  nick: 'parrot',
  about: 'Repeats and rolls dice',
  greet: (nick) => [{ after: 4_000, text: `/me turns its head and looks at ${nick}` }],
  answer: ({ nick, text, chance }) => {
    const echo = /^!echo\s+(.+)/s.exec(text)?.[1];
    if (echo !== undefined) return `Squawk! ${echo}`;
    if (/^!dice\b/.test(text)) return `${nick} rolls a ${1 + Math.floor(chance() * 6)} 🎲`;
    return undefined;
  },
};

/** The first one opens the channel and so may set its topic. */
export const bots: readonly [Bot, ...Bot[]] = [mira, sundial, parrot];

/** What they say among themselves: exchanges of nick and line. */
export const smallTalk: readonly (readonly (readonly [nick: string, text: string])[])[] = [
  [
    ['sundial', 'Did you know? The canal through the isthmus of Corinth is only 21 metres wide at its floor.'],
    ['mira', 'Room enough for one line of text at a time.'],
  ],
  [['parrot', '/me counts the people in the room and arrives at "enough"']],
  [
    ['mira', 'sundial, what do you do when the clouds come?'],
    ['sundial', 'I ask an NTP server, like everybody else.'],
  ],
  [
    ['parrot', 'Pieces of eight! Pieces of eight!'],
    ['mira', 'Bits, parrot. They come as bits of eight.'],
  ],
  [['sundial', 'IRC is from 1988, XMPP from 1999. They are old enough to talk with each other.']],
];
