import type { Letter, ToLoft } from '../invented/pigeon/wire.ts';
import { type FlowWorld, IRC, PIGEON } from './flow-world.ts';
import { ircClient } from './servers.ts';
import { roomOf } from './world.ts';

type Where = 'contact' | 'room';

/** Somebody of a network, whom users write to and meet in a room. */
export interface FlowNetwork extends AsyncDisposable {
  readonly gateway: string;
  readonly room: string;
  /** The name by which the gateway's prompt finds that person, and the JID. */
  readonly name: string;
  readonly contact: string;
  /** The nick of that person in the room. */
  readonly nick: string;
  /** What a user registers with. */
  fields(user: string): Readonly<Record<string, string>>;
  /** Grants the subscription for which a user asks, where people do that. */
  grant(user: string): Promise<void>;
  /** That person is away from now on, where a user sees that at once. */
  readonly away?: (user: string) => Promise<void>;
  tell(user: string, text: string): Promise<void>;
  say(text: string): Promise<void>;
  /** Resolves once something that has these words has come from a user, in private or in the room. */
  hears(user: string, where: Where, words: string): Promise<void>;
  /** What becomes of a correction there, and of a reaction: nothing where it is `undefined`. */
  edited(text: string): string;
  reacted(emoji: string, where: Where): string | undefined;
  /** Sends a user a picture, where the network has them: its address comes from the gateway. */
  readonly picture?: (user: string, content: string) => Promise<void>;
  /** Sets the picture of that person, where people have one: its bytes in base64. */
  readonly avatar?: (user: string, png: string, sha1: string) => Promise<void>;
}

/** Irene of IRC in #garden. */
export async function ireneOf({ ircd }: FlowWorld): Promise<FlowNetwork> {
  const irc = await ircClient({ port: ircd.ports.plain, nick: 'irene' });
  irc.send('JOIN #garden');
  await irc.barrier();
  const write = async (target: string, text: string) => irc.send(`PRIVMSG ${target} :${text}`);
  return {
    ...{ gateway: IRC, room: roomOf('#garden'), nick: 'irene', name: 'irene on net', contact: `irene%net@${IRC}` },
    fields: () => ({}),
    grant: async () => undefined,
    tell: write,
    say: (text) => write('#garden', text),
    async hears(user, where, words) {
      const to = where === 'room' ? '#garden' : 'irene';
      const isIt = ({ nick, params }: { readonly nick?: string | undefined; readonly params: readonly string[] }) =>
        nick?.toLowerCase() === user && params[0] === to && !!params[1]?.includes(words);
      await irc.next((line) => /^(PRIVMSG|NOTICE)$/.test(line.command) && isIt(line), `${words} of ${user}`);
    },
    // The words that are another.
    edited: (text) => `* ${text.split(' ').at(-1)}`,
    reacted: (emoji, where) => (where === 'contact' ? emoji : undefined),
    [Symbol.asyncDispose]: () => irc[Symbol.asyncDispose](),
  };
}

/** Mercutio of the invented network in ~verona; users have accounts there under their names. */
export async function mercutioOf({ order, now }: FlowWorld, users: readonly string[]): Promise<FlowNetwork> {
  const room = '~verona';
  const me = 'mercutio';
  await order({ person: me });
  for (const user of users) await order({ person: user, password: 'rapier' });
  await order({ room });
  const act = async (to: string, letter: Letter) => void (await order({ as: me, to, letter }));
  const who = { id: me, nick: me, affiliation: 'none', role: 'participant' } as const;
  await act(room, { type: 'occupant', change: 'join', who });
  const message = (text: string): Letter => ({ type: 'message', text, style: 'plain' });
  async function hears(user: string, where: Where, words: string): Promise<void> {
    for (;;) {
      const said = JSON.parse(String(await order({ hear: user }))) as ToLoft;
      const to = where === 'room' ? room : me;
      if ('letter' in said && said.to === to && shown(said.letter).includes(words)) return;
    }
  }
  return {
    ...{ gateway: PIGEON, room: `${room}@${PIGEON}`, nick: me, name: me, contact: `${me}@${PIGEON}`, hears },
    fields: (user) => ({ name: user, password: 'rapier' }),
    async grant(user) {
      await hears(user, 'contact', 'subscribe');
      await act(user, { type: 'contact', action: 'subscribed' });
      await act(user, { type: 'presence', show: 'available' });
    },
    away: (user) => act(user, { type: 'presence', show: 'away' }),
    tell: (user, text) => act(user, message(text)),
    // What is older by the gateway's clock was not said just now.
    say: async (text) => void (await order({ as: me, to: room, letter: message(text), at: now() })),
    edited: (text) => `edit ${text}`,
    reacted: (emoji) => `react ${emoji}`,
    async picture(user, content) {
      const kept = (await order({ file: content, key: 7 })) as { id: string; key: number };
      const file = { kept, name: 'rose.png', type: 'image/png', size: content.length };
      await act(user, { type: 'message', text: '', style: 'plain', files: [file] });
    },
    avatar: (user, data, sha1) => act(user, { type: 'profile', avatar: { sha1, type: 'image/png', data } }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function shown(letter: Letter): string {
  if (letter.type === 'message') return [letter.text, ...(letter.files ?? []).map(({ url }) => url)].join(' ');
  if (letter.type === 'edit') return `edit ${letter.text}`;
  if (letter.type === 'react') return `react ${letter.emoji.join(' ')}`;
  return letter.type === 'contact' ? letter.action : letter.type;
}
