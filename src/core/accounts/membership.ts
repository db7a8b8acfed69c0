import type { RunningDialogues } from '#src/core/dialogues/dialogue.ts';
import type { Registration } from '#src/core/dialogues/registration.ts';
import type { Core } from '#src/core/index.ts';
import type { Limits } from '#src/core/limits.ts';
import type { People } from '#src/core/people/people.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, bareOf } from '#src/model/ids.ts';
import type { Purging } from '#src/store/index.ts';
import type { Accounts } from './accounts.ts';
import type { Logins } from './logins.ts';
import type { OpenSettings } from './settings.ts';

export type MembershipParts = {
  readonly accounts: Pick<Accounts, 'flush'>;
  readonly dialogues: RunningDialogues;
  readonly limits: Limits;
  readonly logins: Logins;
  /** Files that were put up for the account; nothing where there is no place for files. */
  readonly media: { forget(account: AccountKey): Promise<void> } | undefined;
  readonly people: Pick<People, 'enrolled' | 'dismissed'>;
  readonly purging: Pick<Purging, 'start'>;
  readonly registration: Registration;
  readonly sessions: Pick<Sessions, 'drop'>;
  readonly settings: Pick<OpenSettings, 'forget'>;
  /** Has the network hear of it. Never rejects. */
  farewell(account: AccountKey): Promise<void>;
  /** What the account still owes to its network fails. */
  refuse(account: AccountKey, failure: Failure): void;
};

export type Membership = Pick<Core, 'registered' | 'unregister' | 'registration'>;

/** How users come to a transport and leave it, with all that hangs on it. */
export function openMembership(parts: MembershipParts): Membership {
  const { accounts, dialogues, media, limits, logins, people, purging, registration, sessions, settings } = parts;
  return {
    async registered({ transport, realm }, user) {
      const account = accountKey(user, transport);
      if (realm === undefined) return logins.registered(account);
      return (await logins.credentials({ account, realm })) !== undefined;
    },
    async unregister(domain, user) {
      const account = accountKey(user, domain);
      dialogues.drop((owner) => bareOf(owner) === user);
      // A use that waits to be written would bring the account back.
      await accounts.flush();
      const goodbye = await people.dismissed(account);
      parts.refuse(account, new Failure('not-registered'));
      await sessions.drop(account, new Failure('not-registered'));
      // The bridge may need what it keeps for the account, and what that logs in with.
      await parts.farewell(account);
      await logins.unregister(account);
      settings.forget(account);
      // Whoever wanted a session meanwhile wanted one of an account that is gone now.
      parts.refuse(account, new Failure('not-registered'));
      await sessions.drop(account, new Failure('not-registered'));
      await media?.forget(account);
      purging.start(account);
      return goodbye;
    },
    registration: {
      form: registration.form,
      async register(at, who, answer) {
        limits.spend('registrations', who.user);
        await registration.register(at, who, answer);
        return people.enrolled(accountKey(who.user, at.transport));
      },
      async forget(transport, realm, user) {
        limits.spend('registrations', user);
        await logins.forget({ account: accountKey(user, transport), realm });
      },
    },
  };
}
