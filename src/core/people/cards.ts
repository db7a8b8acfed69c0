import type { Card, Core } from '#src/core/index.ts';
import { type PictureSource, pictureOf } from '#src/core/media/pictures.ts';
import type { Transport } from '#src/core/transport.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey } from '#src/model/ids.ts';
import type { People } from './people.ts';
import type { Profiles } from './profiles.ts';

type CardParts = {
  readonly profiles: Pick<Profiles, 'of' | 'load' | 'picture'>;
  readonly people: Pick<People, 'learned'>;
  readonly lent: PictureSource;
  readonly ask: Core['ask'];
  transport(domain: string): Pick<Transport, 'addresses'>;
};

/** What a network says of a person, and what is known here besides. Rejects with a `Failure`. */
export function openCards({ profiles, people, lent, ask, transport }: CardParts): Core['card'] {
  return async ({ realm, who }, domain, user): Promise<Card> => {
    const { addresses } = transport(domain);
    const account = accountKey(user, domain);
    const id = addresses.format(addresses.fold({ kind: 'contact', realm, name: who }));
    const { name, avatar, facts } = await ask({ kind: 'profile', realm, who }, domain, user).catch(unasked);
    const picture = avatar && (await pictureOf(avatar, lent));
    await profiles.load(account);
    const known = profiles.of(account, id);
    // Whoever is asked about is seen so from now on.
    people.learned(account, id, {
      kind: 'profile',
      ...(name !== undefined && { name }),
      ...(picture && { avatar: picture }),
    });
    const told = picture ?? (known.photo ? profiles.picture(known.photo) : undefined);
    const called = name ?? known.name;
    const address = addresses.uri?.({ kind: 'contact', realm, name: who });
    return {
      ...(called !== undefined && { name: called }),
      ...(told && { picture: told }),
      facts,
      ...(address !== undefined && { address }),
    };
  };
}

/** A network that cannot be asked says nothing, and what is known of the person is said all the same. */
function unasked(error: unknown): { name?: undefined; avatar?: undefined; facts: Readonly<Record<string, string>> } {
  if (error instanceof Failure && error.code === 'not-supported') return { facts: {} };
  throw error;
}
