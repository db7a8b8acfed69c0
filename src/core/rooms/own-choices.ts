import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Log } from '#src/lib/log.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Archive } from './archive.ts';

type OwnChoiceParts = {
  readonly settings: Pick<OpenSettings, 'inRoom'>;
  readonly archive: Pick<Archive, 'remembers'>;
  readonly log: Log;
};

/** What accounts have chosen for rooms that they are in. */
export function openOwnChoices({ settings, archive, log }: OwnChoiceParts) {
  function unreadable(err: unknown): false {
    log.error({ err }, 'settings could not be read');
    return false;
  }
  return {
    /** Whether the account stays in the room without a client. Never rejects. */
    stays: (account: AccountKey, place: Place): Promise<boolean> =>
      settings.inRoom(place, account).then(({ persistent }) => persistent, unreadable),
    /** Whether what is said in the room is kept for the account. Never rejects. */
    records: (account: AccountKey, place: Place): Promise<boolean> =>
      settings.inRoom(place, account).then(({ recorded }) => recorded, unreadable),
    /** What is said in the room is kept for the account from now on, or no longer. */
    keep(account: AccountKey, place: Place): void {
      settings.inRoom(place, account).then(({ recorded }) => archive.remembers(account, place, recorded), unreadable);
    },
  };
}

export type OwnChoices = ReturnType<typeof openOwnChoices>;
