import { readFile } from 'node:fs/promises';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';

/** A list that grows at its end, each item with an id of its own. */
export interface GrowingList {
  /** The oldest first. */
  items(): readonly { readonly id: string }[];
  /** Calls `look` after each new item. The returned function ends that. */
  watch(look: () => void): () => void;
}

/** Answers with all that is on the list, and from then on with what comes, until the page goes: each as JSON in an event. */
export const streamList = (c: Context, list: GrowingList): Response => streamSSE(c, (stream) => tell(list, stream));

async function tell(list: GrowingList, stream: SSEStreamingApi): Promise<void> {
  let told: string | undefined;
  let queue = Promise.resolve();
  const next = async () => {
    const items = list.items();
    for (const item of items.slice(items.findIndex(({ id }) => id === told) + 1)) {
      told = item.id;
      await stream.writeSSE({ id: item.id, data: JSON.stringify(item) });
    }
  };
  const look = () => {
    queue = queue.then(next);
  };
  const unwatch = list.watch(look);
  look();
  await new Promise<void>((gone) => stream.onAbort(gone));
  unwatch();
  await queue;
}

const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css' };

/** Answers with a file of the folder `browser`. */
export async function serveBrowserFile(c: Context, name: string): Promise<Response> {
  const text = await readFile(new URL(`browser/${name}`, import.meta.url), 'utf8');
  return c.body(text, 200, { 'content-type': `${types[name.replace(/^.*\./, '')]}; charset=utf-8` });
}

/** What was posted as JSON. A page of another site cannot send that type without asking first, and nobody answers that. */
export async function postedJson(c: Context): Promise<unknown> {
  return c.req.header('content-type') === 'application/json' ? await c.req.json().catch(() => undefined) : undefined;
}
