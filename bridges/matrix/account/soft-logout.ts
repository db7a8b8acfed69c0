// Client-server API §5.7.2, soft logout: the homeserver keeps the device of a login that has ended, and its user logs in as it again.
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import type { BridgeState } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** Whose device it is, and what it is called. */
export type KeptDevice = { readonly user: string; readonly device: string };

const KEY = 'soft logout';

/** A login has ended, and its device waits for the next. */
export const keepDevice = (state: BridgeState, account: AccountKey, { user, device }: KeptDevice): Promise<void> =>
  state.put({ account, key: KEY }, JSON.stringify({ user, device }));

/** The next login of the account is a new device. */
export async function dropDevice(state: BridgeState, account: AccountKey): Promise<void> {
  if (await keptDevice(state, account)) await state.delete({ account, key: KEY });
}

/** The device that waits for its user to log in again. */
export async function keptDevice(state: BridgeState, account: AccountKey): Promise<KeptDevice | undefined> {
  const value = await state.get({ account, key: KEY });
  const found: Json = value === undefined ? {} : objectOf(JSON.parse(value));
  const [user, device] = [textOf(found.user), textOf(found.device)];
  return user === undefined || device === undefined ? undefined : { user, device };
}
