import type { RoomKeys } from '#bridges/matrix/crypto/machine.ts';
import type { Breaker } from '#bridges/matrix/homeserver/breaker.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { openBridgeState } from '#src/gateway/bridge-state.ts';
import { openLog } from '#src/lib/log.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { KeyServer } from '../../../fakes/key-server.ts';
import { handClock } from '../../../hand-clock.ts';
import { tempFolder } from '../../../store/folder.ts';
import { openDevice } from './device.ts';

/** What a homeserver is asked about keys. */
export type KeyAsk = 'upload' | 'query' | 'claim' | 'send';
/** What befalls a question, by its arguments: nothing, or what it is answered with. */
export type Befalls = (...args: readonly unknown[]) => Promise<unknown> | undefined;

/** People with devices at a homeserver, to which anything may befall. */
export async function keysWorld() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempFolder());
  const url = `sqlite:${folder.file('store.db')}`;
  const store = stack.use(await openStore({ url, log: openLog('silent'), clock: handClock() }));
  const sealKey = openKey({ text: '0'.repeat(64) });
  const server = new KeyServer();
  const sick = new Map<KeyAsk, Befalls>();
  const asked: string[] = [];
  const faced = new Proxy(server, {
    get(target, name: keyof KeyServer) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        asked.push(name);
        return sick.get(name as KeyAsk)?.(...args) ?? Reflect.apply(value, target, args);
      };
    },
  });
  let ids = 0;
  const resources = stack.move();
  return {
    ...{ server, sick, asked },
    /** A device, whose questions are those that something may befall. */
    device(user: string, device = 'DEVICE', exchanges?: Breaker) {
      const { state } = openBridgeState({ store, transport: `${device.toLowerCase()}.${user.slice(1)}`, sealKey });
      return openDevice(faced, state, user, device, exchanges);
    },
    /** An event as the others of a room hear it. */
    event: (sender: string, content: Json): Json => ({
      ...{ type: 'm.room.encrypted', event_id: `$${++ids}`, sender, origin_server_ts: 1, content },
    }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

export const roomOf = (room: string, members: readonly string[], more: Partial<RoomKeys> = {}): RoomKeys => ({
  ...{ room, members, historyVisibility: 'shared', encryption: { algorithm: 'm.megolm.v1.aes-sha2' } },
  ...more,
});

export const text = (body: string): Json => ({ msgtype: 'm.text', body });
