import type { MatrixConfig } from '#bridges/matrix/config.ts';
import type { Homeserver } from '#bridges/matrix/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { type RoomEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { ghostId } from '#bridges/matrix/wire/ids.ts';
import { textContent } from '#bridges/matrix/wire/message-out.ts';
import type { Host } from '#src/bridge.ts';
import { wordsIn } from '#src/model/language.ts';
import { isEncrypted, leaveRoom } from './gateway-rooms.ts';
import type { Ghosts } from './ghosts.ts';

export type BotParts = {
  readonly host: Host;
  readonly config: MatrixConfig;
  readonly server: Homeserver;
  readonly ghosts: Ghosts;
};

const PREFIX = 'bot ';
/** An address of XMPP somewhere in what was written. */
const ADDRESS = /[^\s"&'/:<>@,;()]{1,255}@[a-z0-9.-]{1,255}\.?[a-z0-9-]{1,63}/i;

/** The gateway's own user, for people on Matrix: whoever writes to it is told how to reach somebody on XMPP. */
export async function openBot({ host, config, server, ghosts }: BotParts) {
  const rooms = new Set((await host.state.list({ prefix: PREFIX })).map(({ key }) => key.slice(PREFIX.length)));
  const { prefix } = config.appservice;
  const { name } = config.homeserver;

  function answer(text: string): string {
    const [found] = ADDRESS.exec(text) ?? [];
    if (found === undefined) return wordsIn(texts.botHelp(ghostId('alice@example.org', prefix, name)), 'en');
    return wordsIn(texts.botFound(found, ghostId(found.toLowerCase(), prefix, name)), 'en');
  }

  return {
    /** Somebody wants to talk with the gateway. */
    async invited({ room, content }: RoomEvent): Promise<void> {
      const { bot } = ghosts;
      if (content.is_direct !== true) return leaveRoom(server, bot, room);
      await server.call({ method: 'POST', path: ['v3', 'join', room], body: {}, as: bot, repeatable: true });
      if (await isEncrypted(server, room, bot)) return leaveRoom(server, bot, room, wordsIn(texts.declined, 'en'));
      await host.state.put({ key: PREFIX + room }, '');
      rooms.add(room);
    },
    /** Answers what is written to it. A notice is never answered, and an event once: by its id. */
    async heard({ id, room, sender, type, content }: RoomEvent): Promise<void> {
      const text = textOf(content.body);
      if (!rooms.has(room) || ghosts.isOurs(sender) || text === undefined) return;
      if (type !== 'm.room.message' || content.msgtype !== 'm.text') return;
      const path = ['v3', 'rooms', room, 'send', 'm.room.message', `answer ${id}`];
      const body = textContent({ text: answer(text), style: 'notice', unstyled: true });
      await server.call({ method: 'PUT', path, body, as: ghosts.bot });
    },
  };
}

export type GatewayBot = Awaited<ReturnType<typeof openBot>>;
