import { type KeyCall, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { textOf } from '#bridges/matrix/wire/event.ts';
import { account, keyCall, patient } from '../../bridges/matrix/crypto/device.ts';
import { memoryState } from '../../contract/memory-state.ts';
import type { FakeHomeserver } from '../../fakes/homeserver.ts';
import type { FakeRoom, Json } from '../../fakes/homeserver-state.ts';

/** A device of somebody at the scripted homeserver, with keys of its own. */
export type SealedDevice = {
  /** Says something encrypted in a room. `isLate`: those there have its key only with `give`. */
  say(room: FakeRoom, body: string, isLate: boolean): Promise<void>;
  /** The keys that were held back go out. */
  give(): Promise<void>;
  /** What was said last in a room, as this device reads it. */
  last(room: FakeRoom): Promise<string>;
};

const DEVICE = 'ALICE';

export async function openSealedDevice({ accounts, state }: FakeHomeserver, user: string): Promise<SealedDevice> {
  const call = keyCall(accounts.keys, user, DEVICE);
  let held: (() => Promise<unknown>)[] | undefined;

  async function sent(question: Parameters<KeyCall>[0]): Promise<Json> {
    const answer = await call(question);
    const [, what] = question.path;
    if (what === 'sendToDevice') for (const to of state.users.keys()) accounts.log.add({ kind: 'device', user: to });
    if (question.path.at(-1) === 'upload') accounts.log.add({ kind: 'keys', user });
    accounts.wake();
    return answer;
  }

  const asks: KeyCall = async (question) => {
    // Only keys of rooms are held back: without sessions between devices there is nobody to give them to.
    if (!held || question.path[1] !== 'sendToDevice') return sent(question);
    held.push(() => sent(question));
    return {};
  };
  const keys = await openDeviceKeys({
    ...{
      call: asks,
      state: memoryState({ now: () => state.now }).state,
      account,
      user,
      device: DEVICE,
      exchanges: patient(),
    },
  });
  await keys.flush();

  async function sync(): Promise<void> {
    const events = accounts.keys.inbox(user, DEVICE);
    const counts = accounts.keys.counts(user, DEVICE);
    await keys.take({ events, changed: [...state.users.keys()], left: [], counts, fallbacks: ['signed_curve25519'] });
    await keys.flush();
  }

  return {
    async say(room, body, isLate) {
      await sync();
      if (isLate) held = [];
      const encryption = room.state.get('m.room.encryption ')?.content ?? {};
      const about = { room: room.id, members: state.joined(room), historyVisibility: 'shared', encryption };
      const content = await keys.encrypt(about, 'm.room.message', { msgtype: 'm.text', body });
      state.add(room, user, 'm.room.encrypted', content);
    },
    async give() {
      const letters = held ?? [];
      held = undefined;
      for (const letter of letters) await letter();
    },
    async last(room) {
      await sync();
      const event = room.events.at(-1);
      const plain = await keys.decrypt(room.id, { ...event });
      return typeof plain === 'string' ? plain : (textOf((plain.content as Json).body) ?? '');
    },
  };
}
