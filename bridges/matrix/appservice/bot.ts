import type { MatrixConfig } from '#bridges/matrix/config.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isEncrypted } from '#bridges/matrix/rooms/encryption.ts';
import { joinInvited, leaveRoom } from '#bridges/matrix/rooms/membership.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { type RoomEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { ghostId, localOf, serverOf } from '#bridges/matrix/wire/ids.ts';
import { relationOf } from '#bridges/matrix/wire/replies.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { Consents } from './consent.ts';
import type { GatewayRooms } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';

export type BotParts = {
  readonly host: Host;
  readonly config: MatrixConfig;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
  readonly rooms: GatewayRooms;
  readonly consents: Consents;
};

/** Where it is: talking with one person, or in a room with others. */
type Kind = 'direct' | 'room';

const PREFIX = 'bot ';
/** What the profile was set to. */
const PROFILE = 'bot-profile';
const CONTACT = 'org.isthmus.contact';
const CALLED = 'XMPP';
/** An address of XMPP somewhere in what was written. */
const ADDRESS = /[^\s"&'/:<>@,;()]{1,255}@[a-z0-9.-]{1,255}\.?[a-z0-9-]{1,63}/i;
/** What a line in a room begins with that is meant for the gateway. */
const COMMAND = /^!(?:isthmus|xmpp)(?:\s+(\S+))?/i;
const YES = /^(?:👍|✅|✔)/u;
const NO = /^(?:👎|❌|✖)/u;

/** The gateway's own user, for people on Matrix: it tells how to reach somebody on XMPP, and asks and answers moderators. */
export async function openBot({ host, config, server, ghosts, rooms, consents }: BotParts) {
  const inside = new Map<string, Kind>();
  for (const { key, value } of await host.state.list({ prefix: PREFIX }))
    inside.set(key.slice(PREFIX.length), value === 'room' ? 'room' : 'direct');
  const { prefix } = config.appservice;
  const { name } = config.homeserver;
  const { bot } = ghosts;

  async function enter(room: string, kind: Kind): Promise<void> {
    await host.state.put({ key: PREFIX + room }, kind);
    inside.set(room, kind);
  }

  async function left(room: string): Promise<void> {
    if (!inside.delete(room)) return;
    await host.state.delete({ key: PREFIX + room });
  }

  const help = (): Words => texts.botHelp(ghostId('alice@example.org', prefix, name), config.contact);

  /** What is answered to whoever writes to it alone. Matrix tells nobody's language: who asks in German has it in German. */
  function answer(text: string): string {
    const [found] = ADDRESS.exec(text) ?? [];
    if (found !== undefined) return wordsIn(texts.botFound(found, ghostId(found.toLowerCase(), prefix, name)), 'en');
    const [word] = text.replace(COMMAND, '$1').trim().toLowerCase().split(/\s/);
    if (word === 'link') return wordsIn(texts.botLink(host.transport), 'en');
    return wordsIn(help(), word === 'hilfe' ? 'de' : 'en');
  }

  /** What it does in rooms, by the word that says it. */
  const commands: Readonly<Record<string, (event: RoomEvent) => Promise<Words | undefined>>> = {
    help: async () => texts.botRoomHelp(config.contact),
    async who({ room }) {
      const accounts = [...(rooms.get(room)?.inside ?? [])];
      return texts.botWho(accounts.map((account) => splitAccount(account).user).join(', '));
    },
    allow: async (event) => (await decided(event)) ?? (await allow(event)),
    deny: async (event) => (await decided(event)) ?? (await deny(event)),
  };

  /** The refusal for whoever has no say in it. */
  const decided = async ({ room, sender }: RoomEvent): Promise<Words | undefined> =>
    (await consents.decides(room, sender)) ? undefined : texts.botNoSay;

  async function allow({ room }: RoomEvent): Promise<Words> {
    for (const account of await consents.answered(room, 'allowed')) {
      const from = { kind: 'network', id: '' } as const;
      const reason = wordsIn(texts.mayCome, host.language(account));
      const place = { kind: 'realm', account, realm: '' } as const;
      await host.emit([{ place, from, kind: 'invite', room: localOf(room), reason }]);
    }
    return texts.botAllowed;
  }

  async function deny({ room }: RoomEvent): Promise<undefined> {
    await refuse(room);
    await left(room);
    await leaveRoom(server, bot, room, wordsIn(texts.botDenied, 'en'));
  }

  /** Nobody of XMPP is in the room any more. */
  async function refuse(room: string): Promise<void> {
    await consents.answered(room, 'refused');
    for (const account of [...(rooms.get(room)?.inside ?? [])]) await rooms.expel(room, account, texts.refused);
  }

  /** The word of a command that an event is, if it is one. */
  function commandIn({ room, type, content }: RoomEvent): string | undefined {
    if (type === 'm.reaction') {
      const { reaction } = relationOf(content);
      if (!reaction || reaction.target !== consents.of(room)?.question) return undefined;
      return YES.test(reaction.key) ? 'allow' : NO.test(reaction.key) ? 'deny' : undefined;
    }
    const text = textOf(content.body);
    if (type !== 'm.room.message' || content.msgtype !== 'm.text' || text === undefined) return undefined;
    const found = COMMAND.exec(text);
    return found ? (found[1] ?? 'help').toLowerCase() : undefined;
  }

  async function heardInRoom(event: RoomEvent): Promise<void> {
    if (!inside.has(event.room) && !consents.of(event.room)) return;
    const word = commandIn(event);
    if (word === undefined) return;
    const command = Object.hasOwn(commands, word) ? commands[word] : commands.help;
    const words = await command?.(event);
    if (words) await consents.say(event.room, wordsIn(words, 'en'), `answer ${event.id}`);
  }

  /** The contact as a field of its own of the profile (client-server API §11.2). Whether the homeserver has such. */
  async function setContact(contact: string | undefined): Promise<boolean> {
    const path = ['v3', 'profile', bot, CONTACT];
    const how = { path, as: bot } as const;
    try {
      if (contact === undefined) await server.call({ ...how, method: 'DELETE' });
      else await server.call({ ...how, method: 'PUT', body: { [CONTACT]: contact } });
      return true;
    } catch (error) {
      if (error instanceof Failure && !error.row.retry) return false;
      throw error;
    }
  }

  return {
    /** Its profile, as far as it is not so already: what it is called, and how those who run the gateway are reached. */
    async look(): Promise<void> {
      const { contact } = config;
      const before = await host.state.get({ key: PROFILE });
      if (before === (contact ?? '')) return;
      const isThere = contact === undefined && before === undefined ? true : await setContact(contact);
      const displayname = contact !== undefined && !isThere ? `${CALLED} (${contact})` : CALLED;
      const path = ['v3', 'profile', bot, 'displayname'];
      await server.call({ method: 'PUT', path, body: { displayname }, as: bot });
      await host.state.put({ key: PROFILE }, contact ?? '');
    },
    /** Somebody wants to talk with the gateway, or to have it in a room. */
    async invited({ id, room, sender, content }: RoomEvent): Promise<void> {
      await joinInvited({ server, host }, { user: bot, room, as: bot }, [serverOf(sender)]);
      if (await isEncrypted(server, room, bot)) return leaveRoom(server, bot, room, wordsIn(texts.declined, 'en'));
      if (content.is_direct === true) {
        await enter(room, 'direct');
        await consents.say(room, wordsIn(help(), 'en'), `answer ${id}`);
        return;
      }
      if (!(await consents.decides(room, sender))) return leaveRoom(server, bot, room, wordsIn(texts.botNoSay, 'en'));
      await enter(room, 'room');
      await consents.answered(room, 'allowed');
      await consents.say(room, wordsIn(texts.botAllowed, 'en'), `answer ${id}`);
    },
    /** It was put out of a room, and with it all of XMPP: whoever wants only one of them out bans that one. */
    async removed({ room }: RoomEvent): Promise<void> {
      const kind = inside.get(room) ?? (consents.of(room) ? 'room' : 'direct');
      await left(room);
      if (kind === 'room') await refuse(room);
    },
    /** Answers what is written to it. A notice is never answered, and an event once: by its id. */
    async heard(event: RoomEvent): Promise<void> {
      const { id, room, type, content } = event;
      const text = textOf(content.body);
      if (inside.get(room) !== 'direct') {
        const asking = consents.asking(room);
        if (!asking) return heardInRoom(event);
        // It may answer what is just being asked, and all else does not wait for that.
        void asking
          .then(() => heardInRoom(event))
          .catch((err: unknown) => host.log.warn({ err }, 'an answer was lost'));
      } else if (type === 'm.room.message' && content.msgtype === 'm.text' && text !== undefined)
        await consents.say(room, answer(text), `answer ${id}`);
    },
  };
}

export type GatewayBot = Awaited<ReturnType<typeof openBot>>;
