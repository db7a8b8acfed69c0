import type { Core } from '#src/core/index.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Accounts } from './accounts.ts';
import type { OpenSettings } from './settings.ts';

type OwnSettingsParts = {
  readonly settings: OpenSettings;
  readonly accounts: Accounts;
  readonly admins: readonly string[];
};

/** Settings for whoever may set them: people what is theirs, operators what all share. */
export function openOwnSettings({ settings, accounts, admins }: OwnSettingsParts): Core['settings'] {
  /** Whose settings of a place these are: in a shared room everybody has their own, and operators set what all share. */
  // SECURITY rule 13: bare JIDs, matched exactly.
  const whose = (place: Place, user: BareJid): { account?: AccountKey } =>
    place.kind === 'shared' && !admins.includes(user) ? { account: accountKey(user, place.transport) } : {};

  return {
    async form(place, scope, user) {
      accounts.admit(user, place);
      return settings.form(place, scope, whose(place, user).account);
    },
    async change(change, user) {
      accounts.admit(user, change.place);
      await settings.change({ ...change, ...whose(change.place, user) });
    },
  };
}
