import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { isEncrypted } from '#bridges/matrix/rooms/encryption.ts';
import { joinRoom, leaveRoom } from '#bridges/matrix/rooms/membership.ts';
import { stateNow } from '#bridges/matrix/rooms/room-now.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import { textContent } from '#bridges/matrix/wire/message-out.ts';
import { keepsDoor, readLevels } from '#bridges/matrix/wire/power.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';

export type ConsentParts = {
  readonly host: Host;
  readonly config: MatrixConfig;
  readonly server: Homeserver;
  /** The gateway's own user, who asks. */
  readonly bot: string;
};

/** Whether the moderators of a room want people of XMPP there. */
export type Consent = {
  readonly answer: 'asked' | 'allowed' | 'refused';
  /** The event in which they were asked. */
  readonly question?: string;
  /** Who wanted to come in when they were. */
  readonly waiting?: readonly AccountKey[];
  /** Until when an answer is waited for, in milliseconds since 1970. */
  readonly until?: number;
};

/** An account that wants to come into a room, by its id. */
export type Arrival = {
  readonly account: AccountKey;
  readonly id: string;
  /** Servers that know the room. */
  readonly via: readonly string[];
  /** The server of the alias by which it was found: newer ids of rooms name none. */
  readonly origin: string | undefined;
};

const PREFIX = 'consent ';
const DAY = 24 * 3_600_000;
/** For how long (ms) an answer is waited for, and an invitation counts. */
const OPEN = 7 * DAY;
const WELCOME = 90 * DAY;
/** Questions that are open at a time: of an account, and of all. */
const MOST_OF_ONE = 3;
const MOST = 200;
/** Accounts that are told of an answer. */
const MOST_WAITING = 50;
/** Milliseconds for which nobody is asked at a server where that has failed. */
const PAUSE = { min: 60_000, max: 3_600_000 };

/**
 * Which rooms may be entered: those of listed servers, those whose moderators have allowed it to people of XMPP, and by whoever
 * was invited. What moderators refuse stays refused, whosever the room is.
 */
export async function openConsent({ host, config, server, bot }: ConsentParts) {
  const known = new Map<string, Consent>();
  const breaker = openBreaker(host.clock, PAUSE);
  /** Rooms in which it is being asked now. */
  const asking = new Map<string, Promise<string | undefined>>();
  for (const { key, value } of await host.state.list({ prefix: PREFIX }))
    known.set(key.slice(PREFIX.length), JSON.parse(value) as Consent);

  async function put(id: string, consent: Consent): Promise<void> {
    const expires = consent.until === undefined ? {} : { expires: consent.until };
    // Others look at it meanwhile.
    known.set(id, consent);
    await host.state.put({ key: PREFIX + id }, JSON.stringify(consent), expires);
  }

  const isListed = (name: string | undefined): boolean =>
    config.rooms.some((one) => one === '*' || one === name || (one === 'local' && name === config.homeserver.name));

  const welcomeKey = (account: AccountKey, id: string) => ({ account, key: `welcome ${id}` });

  /** Who made a room whose id names no server: it is the hash of the event that did. */
  async function creation(id: string): Promise<Json | undefined> {
    if (serverOf(id) !== '') return undefined;
    // As a state: the event alone is shown to nobody where the homeserver has it from another one, or to few (v1.16, `format`).
    const path = ['v3', 'rooms', id, 'state', 'm.room.create', ''];
    const made = await server.call({ method: 'GET', path, query: { format: 'event' }, as: bot });
    if (made.event_id !== `$${id.slice(1)}`) throw new Failure('not-supported');
    return made;
  }

  /** Throws a `Failure` for a room whose moderators want nobody of XMPP. */
  function assertNotRefused(id: string): void {
    if (known.get(id)?.answer === 'refused') throw new Failure('not-allowed', { text: texts.refused });
  }

  async function assertOpen(arrival: Arrival): Promise<void> {
    const { account, id, origin } = arrival;
    for (const [room, { until = Number.POSITIVE_INFINITY }] of known) if (until <= host.clock.now()) known.delete(room);
    assertNotRefused(id);
    const consent = known.get(id);
    if (consent?.answer === 'allowed' || isListed(serverOf(id) || origin)) return;
    if ((await host.state.get(welcomeKey(account, id))) !== undefined) return;
    // An alias may be anywhere.
    if (!config.consent && (serverOf(id) !== '' || origin !== undefined))
      throw new Failure('not-allowed', { text: texts.otherServer });
    await ask(arrival, consent);
  }

  /** Asks once, however many want to come in at this moment, and not where that has just failed. */
  function question({ account, id, via, origin }: Arrival): Promise<string | undefined> {
    const server = serverOf(id) || origin || id;
    const asked = asking.get(id) ?? breaker.run(server, () => begin(account, id, via)).finally(() => asking.delete(id));
    asking.set(id, asked);
    return asked;
  }

  async function ask(arrival: Arrival, consent: Consent | undefined): Promise<void> {
    const { account, id } = arrival;
    const waiting = consent?.waiting ?? [];
    const isOpen = ({ answer }: Consent): boolean => answer === 'asked';
    const asked = [...known.values()].filter(isOpen);
    const own = asked.filter((one) => one.waiting?.includes(account)).length;
    if (!waiting.includes(account)) {
      if (own >= MOST_OF_ONE || asked.length >= MOST || waiting.length >= MOST_WAITING) throw new Failure('too-fast');
      const event = consent?.question ?? (await question(arrival));
      if (event === undefined) return;
      // Others have come meanwhile, or the answer.
      const now = known.get(id);
      if (now && now.answer !== 'asked') return assertOpen(arrival);
      const until = now?.until ?? host.clock.now() + OPEN;
      await put(id, { answer: 'asked', question: event, waiting: [...(now?.waiting ?? []), account], until });
    }
    throw new Failure('members-only', { text: texts.asked });
  }

  /** Whether a room goes on where one that is allowed has ended: whoever makes a room names its predecessor, and only its moderators a successor. */
  async function succeeds(id: string, made: Json): Promise<boolean> {
    const before = textOf(objectOf(objectOf(made.content).predecessor).room_id) ?? '';
    if (known.get(before)?.answer !== 'allowed') return false;
    const path = ['v3', 'rooms', before, 'state', 'm.room.tombstone', ''];
    // Where that cannot be read, its moderators are asked anew.
    const tombstone = await server.call({ method: 'GET', path, as: bot }).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    return tombstone?.replacement_room === id;
  }

  /** Asks in the room, and resolves with the event; nothing where there is no need to. */
  async function begin(account: AccountKey, id: string, via: readonly string[]): Promise<string | undefined> {
    await joinRoom(server, { user: bot, room: id, as: bot }, via);
    const made = await creation(id);
    if (made && (isListed(serverOf(textOf(made.sender) ?? '')) || (await succeeds(id, made)))) {
      await put(id, { answer: 'allowed' });
      return undefined;
    }
    if (!config.consent || (await isEncrypted(server, id, bot))) {
      await leaveRoom(server, bot, id);
      throw new Failure('not-allowed', { text: config.consent ? texts.encrypted : texts.otherServer });
    }
    const text = wordsIn(texts.question(splitAccount(account).user), 'en');
    return say(id, text, `ask ${host.clock.now()}`);
  }

  async function say(id: string, text: string, transaction: string): Promise<string> {
    const path = ['v3', 'rooms', id, 'send', 'm.room.message', transaction];
    const body = textContent({ text, style: 'notice', unstyled: true });
    return textOf((await server.call({ method: 'PUT', path, body, as: bot })).event_id) ?? '';
  }

  return {
    ...{ assertOpen, assertNotRefused },
    say,
    of: (id: string): Consent | undefined => known.get(id),
    /** Resolves once the homeserver has said in which event the moderators of a room are being asked, or that they are not. */
    asking: (id: string): Promise<unknown> | undefined => asking.get(id)?.catch(() => undefined),
    /** Somebody has invited an account, and may: it is let in, whatever others are. */
    async welcome(account: AccountKey, id: string): Promise<void> {
      const isOpen = known.get(id)?.answer === 'allowed' || isListed(serverOf(id));
      if (!isOpen) await host.state.put(welcomeKey(account, id), '', { expires: host.clock.now() + WELCOME });
    },
    /** The moderators have answered. Resolves with who has waited for it. */
    async answered(id: string, answer: 'allowed' | 'refused'): Promise<readonly AccountKey[]> {
      const waiting = known.get(id)?.waiting ?? [];
      await put(id, { answer });
      return waiting;
    },
    /** Whether a user decides who comes into a room that the gateway's own user is in: a moderator with the power to invite. */
    async decides(id: string, user: string): Promise<boolean> {
      const levels = await stateNow({ server, as: bot }, id, 'm.room.power_levels');
      const made = await creation(id);
      const create = made && { sender: textOf(made.sender) ?? '', content: objectOf(made.content) };
      return keepsDoor(readLevels(levels, create), user);
    },
  };
}

export type Consents = Awaited<ReturnType<typeof openConsent>>;
