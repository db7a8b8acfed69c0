import { registerTexts as texts } from '#mappings/texts/dialogues.ts';
import type { Bridge } from '#src/bridge.ts';
import type { CoreParts, Opened } from '#src/core/core.ts';
import type { Core } from '#src/core/index.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import type { Limits } from '#src/core/limits.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, bareOf, splitAccount } from '#src/model/ids.ts';

export type MembershipParts = Pick<CoreParts, 'clock' | 'log' | 'media'> &
  Pick<
    Opened,
    'accounts' | 'dialogues' | 'logins' | 'people' | 'purging' | 'refusals' | 'sessions' | 'settings' | 'transport'
  > & {
    readonly delivery: Pick<Delivery, 'fail'>;
    readonly limits: Pick<Limits, 'spend'>;
  };

/** Milliseconds that a network may take to say good-bye to an account; it is removed here all the same. */
const PATIENCE = 10_000;

export type Membership = Pick<Core, 'registered' | 'unregister' | 'unlink'> & {
  remove(account: AccountKey): Promise<() => void>;
};

/** Who is a member of a transport, and how users leave it, with all that hangs on it. */
export function openMembership(parts: MembershipParts): Membership {
  const { accounts, dialogues, logins, people, sessions } = parts;

  /** What it still owes to its network fails, and so does everything in its sessions. */
  async function close(account: AccountKey): Promise<void> {
    const failure = new Failure('not-registered', { text: texts.unregistered });
    parts.delivery.fail(({ owed, account: own }) => owed.way === 'out' && own === account, failure);
    await sessions.drop(account, failure);
  }

  /** Has the bridge take leave of an account, or of one login that is given up. Never rejects. */
  async function farewell<T>(account: AccountKey, work: (bridge: Bridge) => Promise<T>): Promise<T | undefined> {
    const late = Promise.withResolvers<undefined>();
    const cancel = parts.clock.after(PATIENCE, () => late.resolve(undefined));
    try {
      return await Promise.race([work(parts.transport(splitAccount(account).transport).bridge()), late.promise]);
    } catch (err) {
      parts.log.warn({ err }, 'a network could not be told that an account is gone');
    } finally {
      cancel();
    }
    return undefined;
  }

  async function remove(account: AccountKey): Promise<() => void> {
    // A use that waits to be written would bring the account back.
    await accounts.flush();
    const goodbye = await people.dismissed(account);
    await close(account);
    // The bridge may need what it keeps for the account, and what that logs in with.
    await farewell(account, async (bridge) => bridge.forget?.(account, await logins.all(account)));
    await logins.unregister(account);
    parts.settings.forget(account);
    parts.refusals.forget(account);
    // Whoever has come meanwhile, or wanted a session, did that for an account that is gone now.
    await people.dismissed(account);
    await close(account);
    await parts.media?.forget(account);
    parts.purging.start(account);
    return goodbye;
  }

  logins.listen({
    changed: () => undefined,
    replaced: (account, login, next) =>
      void farewell(account, async (bridge) => bridge.replaced?.(account, login, next)),
  });

  return {
    remove,
    async unlink(domain, realm, user) {
      parts.limits.spend('registrations', user);
      const account = accountKey(user, domain);
      const credentials = await logins.credentials({ account, realm });
      await logins.forget({ account, realm });
      return credentials && farewell(account, async (bridge) => bridge.unlink?.(account, { realm, credentials }));
    },
    async registered({ transport, realm }, user) {
      const account = accountKey(user, transport);
      if (realm === undefined) return logins.registered(account);
      return (await logins.credentials({ account, realm })) !== undefined;
    },
    async unregister(domain, user) {
      dialogues.drop((owner) => bareOf(owner) === user);
      return remove(accountKey(user, domain));
    },
  };
}
