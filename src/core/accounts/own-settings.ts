import type { Core } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Accounts } from './accounts.ts';
import type { OpenSettings } from './settings.ts';

type OwnSettingsParts = {
  readonly settings: Pick<OpenSettings, 'form' | 'change'>;
  readonly accounts: Pick<Accounts, 'permitted' | 'refusal'>;
  readonly admins: readonly string[];
};

/** Settings for whoever may set them: people what is theirs, operators what all share. */
export function openOwnSettings({ settings, accounts, admins }: OwnSettingsParts): Core['settings'] {
  // SECURITY rule 13: bare JIDs, matched exactly.
  function assertMaySet(place: Place, user: BareJid): void {
    if (!accounts.permitted(user)) throw accounts.refusal();
    if (place.kind !== 'shared' && splitAccount(place.account).user !== user) throw new Failure('not-permitted');
  }

  /** Whose settings of a place these are: in a shared room everybody has their own, and operators set what all share. */
  const whose = (place: Place, user: BareJid): { account?: AccountKey } =>
    place.kind === 'shared' && !admins.includes(user) ? { account: accountKey(user, place.transport) } : {};

  return {
    async form(place, scope, user) {
      assertMaySet(place, user);
      return settings.form(place, scope, whose(place, user).account);
    },
    async change(change, user) {
      assertMaySet(change.place, user);
      await settings.change({ ...change, ...whose(change.place, user) });
    },
  };
}
