import { means, ownDefaults } from '#src/core/accounts/own-settings.ts';
import { type Adopted, openSettings } from '#src/core/accounts/settings.ts';
import { transportOf } from '#src/core/transport.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { ImportedRecord } from '#src/model/imported.ts';
import { type Place, sharedPlace } from '#src/model/place.ts';
import type { ImportParts } from './import.ts';

type ImportedSettings = Extract<ImportedRecord, { kind: 'settings' }>;

/** Nobody uses the transport meanwhile: what the gateway remembers of choices is read when it starts. */
const NOBODY = { settings: () => [], took: () => undefined, forget: () => undefined };
const unopened = (): never => {
  throw new Error('a transport is not opened for an import');
};
const IDLE = {
  ...{ bridge: unopened, host: unopened },
  metrics: {
    ...{ accepted: unopened, told: unopened, repeated: unopened, folded: unopened, received: unopened, sent: unopened },
  },
};

/** Stores settings through the door by which their users set them, as far as they have set nothing themselves. */
export function importedSettings({ store, key, transport: config, dry }: ImportParts) {
  const transport = transportOf(config, IDLE);
  const realmOf = (id: string): string => (id === '' ? '' : transport.realmOf(id));
  const settings = openSettings({
    store: dry ? { ...store, unit: async () => [] } : store,
    key,
    now: Date.now,
    schemas: () => transport.settable,
    realm: (place) => (place.kind === 'realm' ? place.realm : realmOf(place.id)),
    defaults: () => ownDefaults(transport),
    means: (_domain, ...setting) => means(transport, ...setting),
    ...{ choices: NOBODY, languages: NOBODY, digests: NOBODY },
  });
  return ({ scope, id, values }: ImportedSettings, account: AccountKey): Promise<Adopted> => {
    const place: Place =
      scope === 'room' ? sharedPlace(config.domain, id) : { kind: 'realm', account, realm: realmOf(id) };
    return settings.adopt({ place, scope, answer: values, account });
  };
}
