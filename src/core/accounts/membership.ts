import { registerTexts as texts } from '#mappings/texts/dialogues.ts';
import type { CoreParts, Opened } from '#src/core/core.ts';
import type { Core } from '#src/core/index.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, bareOf, splitAccount } from '#src/model/ids.ts';

export type MembershipParts = Pick<CoreParts, 'clock' | 'log' | 'media'> &
  Pick<
    Opened,
    'accounts' | 'dialogues' | 'logins' | 'people' | 'purging' | 'refusals' | 'sessions' | 'settings' | 'transport'
  > & {
    readonly delivery: Pick<Delivery, 'fail'>;
  };

/** Milliseconds that a network may take to say good-bye to an account; it is removed here all the same. */
const PATIENCE = 10_000;

/** Who is a member of a transport, and how users leave it, with all that hangs on it. */
export function openMembership(
  parts: MembershipParts,
): Pick<Core, 'registered' | 'unregister'> & { remove(account: AccountKey): Promise<() => void> } {
  const { accounts, dialogues, logins, people, sessions } = parts;

  /** What it still owes to its network fails, and so does everything in its sessions. */
  async function close(account: AccountKey): Promise<void> {
    const failure = new Failure('not-registered', { text: texts.unregistered });
    parts.delivery.fail(({ owed, account: own }) => owed.way === 'out' && own === account, failure);
    await sessions.drop(account, failure);
  }

  /** Has the bridge take leave of an account, while what it logs in with is still there. Never rejects. */
  async function farewell(account: AccountKey): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = parts.clock.after(PATIENCE, late.resolve);
    try {
      const known = await logins.all(account);
      const bridge = parts.transport(splitAccount(account).transport).bridge();
      await Promise.race([bridge.forget?.(account, known), late.promise]);
    } catch (err) {
      parts.log.warn({ err }, 'a network could not be told that an account is gone');
    } finally {
      cancel();
    }
  }

  async function remove(account: AccountKey): Promise<() => void> {
    // A use that waits to be written would bring the account back.
    await accounts.flush();
    const goodbye = await people.dismissed(account);
    await close(account);
    // The bridge may need what it keeps for the account, and what that logs in with.
    await farewell(account);
    await logins.unregister(account);
    parts.settings.forget(account);
    parts.refusals.forget(account);
    // Whoever wanted a session meanwhile wanted one of an account that is gone now.
    await close(account);
    await parts.media?.forget(account);
    parts.purging.start(account);
    return goodbye;
  }

  return {
    remove,
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
