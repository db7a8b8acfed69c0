import type { Log } from '#src/lib/log.ts';
import { aliasOf, mayNeedAlias } from '#src/model/alias.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';

export type Aliases = {
  /** Makes sure that the place's address is found by its alias, if its JID can be one. */
  note(place: Place): void;
  /** An address is another name of a room, whose own address it is from now on. */
  learn(transport: string, name: string, address: string): void;
  /** The address that an alias, or another name of a room, stands for. */
  address(transport: string, alias: string): string | undefined;
};

export type AliasParts = { readonly store: Pick<Store, 'aliases' | 'unit'>; readonly log: Log };

const keyOf = (transport: string, alias: string): string => `${transport} ${alias}`;

/** The long addresses that were met so far. They are few, so all are remembered. */
export async function openAliases({ store, log }: AliasParts): Promise<Aliases> {
  const known = new Map<string, string>();
  for (const { transport, alias, address } of await store.aliases.all()) known.set(keyOf(transport, alias), address);

  return {
    note(place) {
      if (place.kind === 'realm' || !mayNeedAlias(place.id)) return;
      const transport = placeTransport(place);
      const alias = aliasOf(place.id);
      if (known.has(keyOf(transport, alias))) return;
      known.set(keyOf(transport, alias), place.id);
      store
        .unit([store.aliases.put(transport, alias, place.id)])
        .catch((err: unknown) => log.error({ err }, 'the alias of a long address could not be written'));
    },
    learn(transport, name, address) {
      if (known.get(keyOf(transport, name)) === address) return;
      known.set(keyOf(transport, name), address);
      store
        .unit([store.aliases.put(transport, name, address)])
        .catch((err: unknown) => log.error({ err }, 'another name of a room could not be written'));
    },
    address: (transport, alias) => known.get(keyOf(transport, alias)),
  };
}
