import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, Reply } from '#src/model/query.ts';
import { addresses } from './addresses.ts';
import type { Client } from './client.ts';
import { decode, occupantOf } from './decode.ts';

type Answerer<K extends Query['kind']> = (
  query: Extract<Query, { kind: K }>,
  client: Client,
) => Promise<Extract<Reply, { kind: K }>>;

const answerers: { readonly [K in Query['kind']]: Answerer<K> } = {
  async rooms({ page, match = '', below }, { ask }) {
    const within = below === undefined ? {} : { below };
    const { rooms = [], count = 0 } = await ask({ do: 'rooms', match, ...within, ...pageOf(page) });
    return { kind: 'rooms', list: rooms, count };
  },
  async people({ page, match }, { ask }) {
    const { people = [], count = 0 } = await ask({ do: 'people', match, ...pageOf(page) });
    return { kind: 'people', list: people, count };
  },
  async room({ place }, { ask }) {
    const { facts = {} } = await ask({ do: 'room', of: idOf(place) });
    return { kind: 'room', name: facts.name ?? '', topic: facts.topic ?? '', occupants: Number(facts.occupants) };
  },
  async occupants({ place, page }, { ask, view }) {
    const { occupants = [], count = 0 } = await ask({ do: 'occupants', of: idOf(place), ...pageOf(page) });
    return { kind: 'occupants', list: occupants.map((who) => occupantOf(who, view)), count };
  },
  async list({ place, affiliation }, { ask }) {
    const { people = [] } = await ask({ do: 'list', of: idOf(place), match: affiliation });
    return { kind: 'list', list: people.map(({ id, name }): Party => ({ kind: 'network', id, name })) };
  },
  async profile({ who }, { ask }) {
    const { name, avatar, facts = {} } = await ask({ do: 'profile', of: who });
    return { kind: 'profile', ...(name !== undefined && { name }), ...(avatar && { avatar }), facts };
  },
  async history({ place, page, near }, { ask, view }) {
    const time = near === undefined ? {} : { near };
    const { posts = [], complete = false } = await ask({ do: 'history', of: idOf(place), ...pageOf(page), ...time });
    const events = posts.flatMap((post) => decode(post, view)).map((draft) => ({ ...draft, live: false }));
    return { kind: 'history', events, complete };
  },
  async config({ place }, { ask }) {
    const { facts = {} } = await ask({ do: 'room', of: idOf(place) });
    return { kind: 'config', facts };
  },
  async ping({ who }, { ask, now }) {
    const start = now();
    await ask(who === undefined ? { do: 'hello' } : { do: 'profile', of: who });
    return { kind: 'ping', ms: now() - start };
  },
  // Pigeons have no software.
  version: () => Promise.reject(new Failure('not-supported')),
  session: () => Promise.reject(new Failure('not-supported')),
  resolve: async (query) => resolved(query),
};

/** What people write is an address here, in any case; a hand may have written the sign of a mail address before it. */
export const resolved = ({ text }: Extract<Query, { kind: 'resolve' }>): Extract<Reply, { kind: 'resolve' }> => ({
  kind: 'resolve',
  id: addresses.format(addresses.fold(addresses.parse(text.trim().replace(/^@/, '').replace(/^\+/, '~')))),
});

/** Answers a question. Rejects with a `Failure`. */
export async function answer(query: Query, client: Client): Promise<Reply> {
  const answerer = answerers[query.kind] as Answerer<Query['kind']>;
  return answerer(query, client);
}

const pageOf = ({ max, after, before }: Page) => ({
  max: Math.min(Math.max(max, 1), 1000),
  ...(after !== undefined && { after }),
  ...(before !== undefined && { before }),
});

function idOf(place: Place): string {
  if (place.kind === 'realm') throw new Failure('not-supported');
  return addresses.fold(addresses.parse(place.id)).name;
}
