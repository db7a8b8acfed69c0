import { setTimeout as delay } from 'node:timers/promises';
import { Violation } from './flow.ts';
import { type IrcLoad, openIrcLoad } from './irc-server.ts';
import { attribute, numberAfter } from './scan.ts';
import { openXmppLoad, type XmppLoad } from './xmpp-server.ts';

/** The names that a target is configured with. */
export const DOMAIN = 'gateway.bench.example';
export const USERS = 'users.bench.example';
export const REALM = '127.0.0.1';
export const SECRET = 'secret';

/** User `n` is `u<n>` on both sides. */
export const userJid = (user: number): string => `u${user}@${USERS}/phone`;
export const roomJid = (channel: string): string => `${channel}%${REALM}@${DOMAIN}`;
/** Somebody on IRC, as a contact. */
export const contactJid = (nick: string): string => `${nick}%${REALM}@${DOMAIN}`;
/** The user whose number stands in an address of ours, or -1. */
export const userOf = (stanza: string): number => numberAfter(stanza, ` to='u`);

/** Both load servers and what the scenarios do with them. */
export type World = AsyncDisposable & {
  readonly xmpp: XmppLoad;
  readonly irc: IrcLoad;
  /** Joins a user to a channel each, so many at a time; resolves when all have got the subject, which comes last. */
  join(
    seats: readonly Seat[],
    how?: { readonly atATime?: number; readonly watch?: (stanza: string) => void },
  ): Promise<void>;
  /** Takes users out of their channels; resolves when each has been told so, and has no connection any more. */
  leave(seats: readonly Seat[]): Promise<void>;
};

export type Seat = { readonly user: number; readonly channel: string };

/** Milliseconds in which a join must be done. */
const PATIENCE = 60_000;

/** Opens both servers on free ports. */
export async function openWorld(caps: readonly string[]): Promise<World> {
  const xmpp = await openXmppLoad();
  const irc = await openIrcLoad(caps);

  function enter({ user, channel }: Seat): void {
    xmpp.write(
      `<presence from='${userJid(user)}' to='${roomJid(channel)}/u${user}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
    );
  }

  const join: World['join'] = async (seats, { atATime = 50, watch } = {}) => {
    let [begun, done] = [0, 0];
    let problem: string | undefined;
    const more = () => {
      while (begun < seats.length && begun - done < atATime) enter(seats[begun++] as Seat);
      xmpp.flush();
    };
    xmpp.receive = (stanza) => {
      watch?.(stanza);
      if (isError(stanza)) problem ??= stanza.slice(0, 400);
      // XEP-0045 §7.1: the subject is the last thing that somebody who enters is told.
      if (stanza.startsWith('<message') && isGroupchat(stanza) && stanza.includes('<subject')) done++;
    };
    xmpp.turn = more;
    more();
    for (const began = performance.now(); done < seats.length; await delay(1)) {
      if (problem !== undefined) throw new Violation(`a join was refused: ${problem}`);
      if (performance.now() - began > PATIENCE) throw new Violation(`${done} of ${seats.length} joins were done`);
    }
    xmpp.turn = () => undefined;
  };

  async function leave(seats: readonly Seat[]): Promise<void> {
    const still = new Set(seats.map(({ user }) => user));
    xmpp.receive = (stanza) => {
      // XEP-0045 §7.14: 110 marks one's own.
      if (attribute(stanza, 'type') === 'unavailable' && stanza.includes("'110'")) still.delete(userOf(stanza));
    };
    for (const { user, channel } of seats)
      xmpp.write(`<presence type='unavailable' from='${userJid(user)}' to='${roomJid(channel)}/u${user}'/>`);
    xmpp.flush();
    for (const began = performance.now(); still.size + irc.clients.size > 0; await delay(1))
      if (performance.now() - began > PATIENCE)
        throw new Violation(`${still.size} have not left, ${irc.clients.size} are still connected`);
  }

  return {
    xmpp,
    irc,
    join,
    leave,
    async [Symbol.asyncDispose]() {
      await Promise.all([xmpp.close(), irc.close()]);
    },
  };
}

export const isError = (stanza: string): boolean => attribute(stanza, 'type') === 'error';
export const isGroupchat = (stanza: string): boolean => attribute(stanza, 'type') === 'groupchat';
