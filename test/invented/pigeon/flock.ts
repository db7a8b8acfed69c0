import type { AccountKey } from '#src/model/ids.ts';
import type { Client } from './client.ts';
import type { Letter, Post } from './wire.ts';

/** How many posts and requests are remembered. */
const MEMORY = 2000;

/** What a room's members are told by the loft itself; everything else the core shows its own users at once. */
const STATE: ReadonlySet<Letter['type']> = new Set(['occupant', 'occupants', 'nick', 'affiliation', 'topic', 'room']);

/** All our lines to the loft: who is who, and what has been told already where rooms are shared. */
export type Flock = {
  readonly clients: ReadonlyMap<AccountKey, Client>;
  joined(client: Client): void;
  left(client: Client): void;
  ours(name: string): AccountKey | undefined;
  /** Notes a request of ours. */
  sends(tag: string): void;
  /** Whether a post comes back from the loft to another of our lines. */
  isOurs(post: Post): boolean;
  /** Runs `work` for the first line that reads the post; the others wait with it. */
  once(id: string, work: () => void | Promise<void>): void | Promise<void>;
};

export function openFlock(shared: boolean): Flock {
  const clients = new Map<AccountKey, Client>();
  const told = new Map<string, void | Promise<void>>();
  const tags = new Set<string>();
  return {
    clients,
    joined: (client) => void clients.set(client.view.account, client),
    left(client) {
      if (clients.get(client.view.account) === client) clients.delete(client.view.account);
    },
    ours: (name) => [...clients.values()].find(({ view }) => view.name === name)?.view.account,
    sends(tag) {
      if (shared) remember(tags, tag);
    },
    isOurs: ({ tag, letter }) => tag !== undefined && tags.has(tag) && !STATE.has(letter.type),
    once(id, work) {
      if (told.has(id)) return told.get(id);
      const done = work();
      told.set(id, done);
      forget(told);
      // What did not become durable is told again by whoever reads it next.
      done?.catch(() => told.delete(id));
      return done;
    },
  };
}

function remember(set: Set<string>, item: string): void {
  set.add(item);
  forget(set);
}

function forget(known: Map<string, unknown> | Set<string>): void {
  for (const oldest of known.keys()) {
    if (known.size <= MEMORY) return;
    known.delete(oldest);
  }
}
