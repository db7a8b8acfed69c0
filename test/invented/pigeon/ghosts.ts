import type { Bridge, Host, Session, SessionKey } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { accountOf, openBridge } from './bridge.ts';
import type { PigeonConfig } from './config.ts';

/**
 * A transport on which nobody has a session: whoever says something has a pigeon from then on, under the name of their
 * address, until the account is forgotten.
 */
export async function openGhosts(config: PigeonConfig, table: Capabilities, host: Host): Promise<Bridge> {
  // A pigeon that is lost comes back with the next letter.
  const status: Host['status'] = (key, state) => {
    if (state.kind === 'lost') ghosts.delete(key.account);
  };
  const { connect, ...bridge } = await openBridge({ ...config, guests: true }, table, { ...host, status });
  const ghosts = new Map<AccountKey, Promise<Session>>();

  function ghost(account: AccountKey): Promise<Session> {
    const known = ghosts.get(account);
    if (known) return known;
    const { user } = splitAccount(account);
    const key: SessionKey = { account, realm: '' };
    const fresh = connect(key, { nick: user.slice(0, user.indexOf('@')) }, host.signal);
    ghosts.set(account, fresh);
    fresh.catch(() => ghosts.delete(account));
    return fresh;
  }

  return {
    ...bridge,
    deliver: (event: Event) =>
      ghost(accountOf(event, host.transport)).then((session) => bridge.deliver(event, session)),
    async deliverTogether(events) {
      const [event] = events;
      const session = event && (await ghost(accountOf(event, host.transport)));
      return (await bridge.deliverTogether?.(events, session)) ?? [];
    },
    async ask(query, session) {
      if (!session) throw new Failure('recipient-unavailable');
      return bridge.ask(query, await ghost(session.account));
    },
    async forget(account) {
      const session = await ghosts.get(account)?.catch(() => undefined);
      ghosts.delete(account);
      await session?.close('removed');
    },
  };
}
