import { type DeviceKeys, type KeyCall, type KeyNews, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { openBreaker } from '#bridges/matrix/homeserver/breaker.ts';
import { objectOf } from '#bridges/matrix/wire/event.ts';
import type { BridgeState } from '#src/bridge.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { KeyServer } from '../../../fakes/key-server.ts';
import { handClock } from '../../../hand-clock.ts';

export const account: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');

/** The calls of a device that are about keys. */
export const keyCall =
  (server: KeyServer, user: string, device: string): KeyCall =>
  async ({ path, body = {} }) => {
    const [, first, second = ''] = path;
    const given = objectOf(JSON.parse(JSON.stringify(body)));
    if (first === 'sendToDevice') return server.send(user, second, given as never);
    if (second === 'upload') return server.upload(user, device, given);
    if (second === 'query') return server.query(given as never);
    if (second === 'claim') return server.claim(given as never);
    throw new Error(`nobody answers ${path.join('/')}`);
  };

/** `sync`: `changed` are those of whose devices the homeserver tells that they have changed. */
export type TestDevice = { readonly keys: DeviceKeys; sync(changed?: readonly string[]): Promise<void> };

/** What a homeserver has failed at is asked again at once. */
export const patient = () => openBreaker(handClock(), { min: 0, max: 0 });

/** The keys of a device, and its part of a sync. */
export async function openDevice(
  server: KeyServer,
  state: BridgeState,
  user: string,
  device = 'DEVICE',
  exchanges = patient(),
): Promise<TestDevice> {
  const keys = await openDeviceKeys({ call: keyCall(server, user, device), state, account, user, device, exchanges });
  await keys.flush();
  const news = (changed: readonly string[]): KeyNews => ({
    events: server.inbox(user, device),
    changed,
    left: [],
    counts: server.counts(user, device),
    fallbacks: ['signed_curve25519'],
  });
  return {
    keys,
    async sync(changed = []) {
      await keys.take(news(changed));
      await keys.flush();
    },
  };
}
