import type { Bridge, Host, Session, SessionKey } from '#src/bridge.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { accountOf, openBridge } from './bridge.ts';
import type { PigeonConfig } from './config.ts';

/**
 * A transport on which nobody needs a session: whoever says something has a pigeon from then on, under the name of their
 * address, until the account is forgotten. Where the table says that there are both, whoever has logged in has a line of
 * their own, and what goes by the one never goes by the other.
 */
export async function openGhosts(config: PigeonConfig, table: Capabilities, host: Host): Promise<Bridge> {
  // A pigeon that is lost comes back with the next letter.
  const status: Host['status'] = (key, state) => {
    if (state.kind === 'lost') ghosts.delete(key.account);
  };
  const guests = await openBridge({ ...config, guests: true }, table, { ...host, status });
  const lines =
    table.identity === 'both'
      ? await openBridge({ ...config, landing: undefined }, { ...table, rooms: 'room' }, quiet(host))
      : undefined;
  const ghosts = new Map<AccountKey, Promise<Session>>();

  function ghost(account: AccountKey): Promise<Session> {
    const known = ghosts.get(account);
    if (known) return known;
    const { user } = splitAccount(account);
    const key: SessionKey = { account, realm: '' };
    const fresh = guests.connect(key, { nick: user.slice(0, user.indexOf('@')) }, host.signal);
    ghosts.set(account, fresh);
    fresh.catch(() => ghosts.delete(account));
    return fresh;
  }

  const { connect: _, ...rest } = guests;
  return {
    ...rest,
    narrow: (place, session) => (lines ?? guests).narrow?.(place, session) ?? table,
    ...(lines && { connect: lines.connect }),
    deliver(event: Event, session?: Session) {
      if (lines && session && !session.stands) return lines.deliver(event, session);
      return ghost(accountOf(event, host.transport)).then((own) => guests.deliver(event, own));
    },
    async deliverTogether(events, session) {
      if (lines && session && !session.stands) return (await lines.deliverTogether?.(events, session)) ?? [];
      const [event] = events;
      const own = event && (await ghost(accountOf(event, host.transport)));
      return (await guests.deliverTogether?.(events, own)) ?? [];
    },
    async ask(query, session) {
      if (lines && session && !session.stands) return lines.ask(query, session);
      // Addresses need nobody.
      if (query.kind === 'resolve') return guests.ask(query);
      if (!session) throw new Failure('recipient-unavailable');
      return guests.ask(query, await ghost(session.account));
    },
    async forget(account, logins) {
      await lines?.forget?.(account, logins);
      const session = await ghosts.get(account)?.catch(() => undefined);
      ghosts.delete(account);
      await session?.close('removed');
    },
    async reconcile(event) {
      const asked = await lines?.reconcile?.(event);
      return asked === 'sent' ? asked : ((await guests.reconcile?.(event)) ?? 'unknown');
    },
    withdraw: (id) => lines?.withdraw?.(id) || (guests.withdraw?.(id) ?? false),
    changed(account, place) {
      guests.changed?.(account, place);
      lines?.changed?.(account, place);
    },
    pause(paused) {
      guests.pause(paused);
      lines?.pause(paused);
    },
    async [Symbol.asyncDispose]() {
      await guests[Symbol.asyncDispose]();
      await lines?.[Symbol.asyncDispose]();
    },
  };
}

/** Letters that come by themselves come to the transport once. */
const quiet = (host: Host): Host => ({ ...host, http: { ...host.http, route: () => undefined } });
