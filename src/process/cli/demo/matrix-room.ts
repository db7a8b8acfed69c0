import { Hono } from 'hono';
import { z } from 'zod';
import { postedJson, serveBrowserFile, streamList } from './event-stream.ts';
import { HOMESERVER, type RunningSynapse } from './servers/synapse.ts';

/** What somebody has said in the room. `direction` as its owner sees it; `at` in milliseconds since 1970. */
export interface MatrixText {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly from: string;
  readonly text: string;
  readonly at: number;
}

/** A room of a homeserver, as one of its members has it before them. Disposing of it ends their client. */
export interface DemoMatrixRoom extends AsyncDisposable {
  /** What is said there, the oldest first. */
  items(): readonly MatrixText[];
  /** Its owner says something. Rejects where the homeserver does not take it. */
  write(text: string): Promise<void>;
  /** Calls `look` after each text. The returned function ends that. */
  watch(look: () => void): () => void;
}

type RoomOwner = { readonly name: string; readonly user: string; readonly room: string; readonly topic: string };
type SyncedEvent = {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly origin_server_ts: number;
  readonly content: { readonly body?: string; readonly displayname?: string };
};
type Synced = {
  readonly next_batch: string;
  readonly rooms?: {
    readonly join?: Record<
      string,
      { state?: { events: SyncedEvent[] }; timeline: { events: SyncedEvent[] } } | undefined
    >;
  };
};

/** Milliseconds that a sync waits for news. */
const POLL = 20_000;

/** Makes somebody who has a public room, and follows what is said in it (client-server API §11.1). */
export async function openMatrixRoom(synapse: RunningSynapse, owner: RoomOwner): Promise<DemoMatrixRoom> {
  const password = crypto.randomUUID();
  const me = await synapse.register(owner.user, password);
  const stop = new AbortController();
  const texts: MatrixText[] = [];
  const names = new Map<string, string>([[me, owner.name]]);
  const watchers = new Set<() => void>();
  let token = '';

  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${synapse.url}/_matrix/client/v3/${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      signal: stop.signal,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  function take(event: SyncedEvent): void {
    const { type, sender, content } = event;
    if (type === 'm.room.member' && content.displayname !== undefined)
      names.set(event.state_key ?? '', content.displayname);
    if (type !== 'm.room.message' || content.body === undefined) return;
    texts.push({
      ...{ id: event.event_id, direction: sender === me ? 'out' : 'in', from: names.get(sender) ?? sender },
      ...{ text: content.body, at: event.origin_server_ts },
    });
    for (const look of watchers) look();
  }

  async function follow(room: string): Promise<void> {
    for (let since = ''; !stop.signal.aborted; ) {
      const told = await call<Synced>('GET', `sync?${since === '' ? 'timeout=0' : `timeout=${POLL}&since=${since}`}`);
      since = told.next_batch;
      const news = told.rooms?.join?.[room];
      for (const event of [...(news?.state?.events ?? []), ...(news?.timeline.events ?? [])]) take(event);
    }
  }

  const identifier = { type: 'm.id.user', user: owner.user };
  const login = { type: 'm.login.password', identifier, password };
  token = (await call<{ access_token: string }>('POST', 'login', login)).access_token;
  await call('PUT', `profile/${encodeURIComponent(me)}/displayname`, { displayname: owner.name });
  const { room_id: id } = await call<{ room_id: string }>('POST', 'createRoom', {
    ...{ preset: 'public_chat', room_alias_name: owner.room, name: owner.room, topic: owner.topic },
  });
  const following = follow(id).catch((error: unknown) => {
    if (!stop.signal.aborted) process.stderr.write(`isthmus demo: the room on Matrix is not followed: ${error}\n`);
  });
  return {
    items: () => texts,
    async write(body) {
      const path = `rooms/${encodeURIComponent(id)}/send/m.room.message/${crypto.randomUUID()}`;
      await call('PUT', path, { msgtype: 'm.text', body });
    },
    watch(look) {
      watchers.add(look);
      return () => watchers.delete(look);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** The alias of a room, and its JID at the gateway's domain. */
export const aliasOf = (room: string): string => `#${room}:${HOMESERVER}`;
export const matrixRoomJid = (room: string, domain: string): string => `#${room}\\3a${HOMESERVER}@${domain}`;

const typed = z.strictObject({ text: z.string().trim().min(1).max(1000) });

/** What the page's room asks for: its two files, `said` as a stream of events, and a POST there. */
export function matrixRoutes(room: DemoMatrixRoom): Hono {
  const app = new Hono();
  for (const name of ['matrix.js', 'matrix.css']) app.get(`/${name}`, (c) => serveBrowserFile(c, name));
  app.get('/said', (c) => streamList(c, room));
  app.post('/said', async (c) => {
    const { success, data } = typed.safeParse(await postedJson(c));
    if (!success) return c.body(null, 400);
    await room.write(data.text);
    return c.body(null, 204);
  });
  return app;
}
