import { type DeviceKeys, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import { type Json, objectOf, textOf, textsOf } from '#bridges/matrix/wire/event.ts';
import type { BridgeState } from '#src/bridge.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { FakeHomeserver } from '../../../test/fakes/homeserver.ts';
import type { FakeEvent, FakeRoom } from '../../../test/fakes/homeserver-state.ts';
import type { Ledger } from '../../ledger.ts';
import { DOMAIN } from '../names.ts';

type Servers = Pick<FakeHomeserver, 'state' | 'accounts'>;

/** Somebody with a device of another client, which has the keys of encrypted rooms. It is never killed. */
export type Person = {
  readonly user: string;
  /** Says the next message of a lane in an encrypted room, after all that they were to say before. */
  say(room: FakeRoom, lane: string): void;
  /** Takes what the homeserver has for the device, and reads what was said since. */
  read(): void;
  /** What they have not said or not read yet. */
  readonly open: number;
  /** How many encrypted events of others they have not read, also those of which they have not heard. */
  unread(): number;
  /** What encrypted events say, by their ids. */
  readonly texts: ReadonlyMap<string, string>;
};

/** Their keys are as long as the laboratory is. */
const forgetful: BridgeState = {
  get: async () => undefined,
  bytes: async () => undefined,
  put: async () => undefined,
  delete: async () => undefined,
  write: async () => true,
  list: async () => [],
};

/** Opens the device of a user. */
export async function openPerson(user: string, { state, accounts }: Servers, ledger: Ledger): Promise<Person> {
  const device = `PHONE-${user.slice(1, user.indexOf(':'))}`;
  const account = accountKey(`far@${DOMAIN}` as BareJid, DOMAIN);
  const keys: DeviceKeys = await openDeviceKeys({
    call: async (question) => call(question),
    state: forgetful,
    account,
    user,
    device,
    exchanges: openBreaker(systemClock, { min: 1_000, max: 1_000 }),
  });
  const texts = new Map<string, string>();
  const unread: FakeEvent[] = [];
  let since: number | undefined;
  let seen = 0;
  let asked = false;
  let waiting = 0;
  let last: Promise<void> = keys.flush();

  function call({ path, body = {} }: { readonly path: readonly string[]; readonly body?: Json }): Json {
    const [, first, second = ''] = path;
    // As on the wire: what is kept is no part of what was handed over.
    const given = structuredClone(body) as never;
    const { keys: server, log } = accounts;
    if (first === 'sendToDevice') {
      log.add({ kind: 'device', user });
      server.send(user, second, given);
      accounts.wake();
      return {};
    }
    if (second === 'upload') {
      log.add({ kind: 'keys', user });
      return server.upload(user, device, given);
    }
    return second === 'claim' ? server.claim(given) : server.query(given);
  }

  const then = (work: () => Promise<void>): void => {
    waiting++;
    last = last
      .then(work)
      .catch((error: unknown) =>
        ledger.violate(`${user} could not go on: ${error instanceof Error ? error.stack : error}`),
      )
      .finally(() => {
        waiting--;
      });
  };

  const unseen = (): readonly FakeEvent[] =>
    [...state.rooms.values()]
      .filter((room) => state.membership(room, user) === 'join')
      .flatMap((room) => room.events)
      .filter(
        ({ event_id, type, sender }) => numberOf(event_id) > seen && type === 'm.room.encrypted' && sender !== user,
      );

  async function take(): Promise<void> {
    asked = false;
    const { body } = accounts.log.tell({ user, device, since, full: false, limit: 0 });
    since = Number(textOf(body.next_batch)?.slice(1));
    const lists = objectOf(body.device_lists);
    await keys.take({
      events: objectOf(body.to_device).events as unknown[],
      changed: textsOf(lists.changed),
      left: [],
      counts: accounts.keys.counts(user, device),
      fallbacks: ['signed_curve25519'],
    });
    await keys.flush();
    for (const event of unseen()) {
      seen = Math.max(seen, numberOf(event.event_id));
      unread.push(event);
    }
    for (const event of unread.splice(0)) await open(event);
  }

  async function open(event: FakeEvent): Promise<void> {
    const { transaction: _, ...told } = event;
    const plain = await keys.decrypt(event.room_id, told);
    if (plain === 'missing') unread.push(event);
    else if (plain === 'unreadable') ledger.violate(`${user} cannot read ${event.event_id} of ${event.sender}`);
    else texts.set(event.event_id, String(objectOf(plain.content).body));
  }

  return {
    user,
    say(room, lane) {
      then(async () => {
        const encryption = room.state.get('m.room.encryption ')?.content ?? {};
        const about = { room: room.id, members: state.joined(room), historyVisibility: 'shared', encryption };
        const body = `${lane} ${ledger.tell(lane)}`;
        const content = await keys.encrypt(about, 'm.room.message', { msgtype: 'm.text', body });
        state.now = Date.now();
        state.add(room, user, 'm.room.encrypted', content);
      });
    },
    read() {
      if (asked) return;
      asked = true;
      then(take);
    },
    get open() {
      return waiting + unread.length;
    },
    unread: () => unread.length + unseen().length,
    texts,
  };
}

const numberOf = (id: string): number => Number(id.slice('$e'.length));
