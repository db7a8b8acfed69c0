import { type DeviceKeys, type KeyCall, type KeyNews, openDeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { objectOf } from '#bridges/matrix/wire/event.ts';
import type { BridgeState } from '#src/bridge.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { KeyServer } from '../../../fakes/key-server.ts';

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

export type TestDevice = { readonly keys: DeviceKeys; sync(): Promise<void> };

/** The keys of a device, and its part of a sync. */
export async function openDevice(
  server: KeyServer,
  state: BridgeState,
  user: string,
  device = 'DEVICE',
): Promise<TestDevice> {
  const keys = await openDeviceKeys({ call: keyCall(server, user, device), state, account, user, device });
  await keys.flush();
  const news = (): KeyNews => ({
    events: server.inbox(user, device),
    changed: [],
    left: [],
    counts: server.counts(user, device),
    fallbacks: ['signed_curve25519'],
  });
  return {
    keys,
    async sync() {
      await keys.take(news());
      await keys.flush();
    },
  };
}
