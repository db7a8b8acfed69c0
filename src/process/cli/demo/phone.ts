import { readFile } from 'node:fs/promises';
import { Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { DemoPhones, DemoText } from '#bridges/sms/provider/demo.ts';
import { segmentsOf } from '#mappings/segments.ts';

/** A text as the phone on the page shows it. `direction` as the phone sees it; `at` in milliseconds since 1970. */
export interface PhoneText {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly text: string;
  readonly segments: number;
  readonly at: number;
}

/** One phone of the demonstration. */
export interface Phone {
  /** What it shows, the oldest first. */
  texts(): readonly PhoneText[];
  /** Somebody types on it. Resolves once the gateway has the text. */
  write(text: string): Promise<void>;
  /** Calls `look` after each text. The returned function ends that. */
  watch(look: () => void): () => void;
}

/** The phone with this number, which answers `their` number. */
export function phoneOf(phones: DemoPhones, { number, their }: { number: string; their: string }): Phone {
  const shown = ({ sid, from, text, at }: DemoText): PhoneText => ({
    id: sid,
    direction: from === number ? 'out' : 'in',
    text,
    segments: segmentsOf(text),
    at,
  });
  return {
    texts: () => phones.texts.filter(({ from, to }) => from === number || to === number).map(shown),
    write: (text) => phones.write(number, their, text),
    watch: phones.watch,
  };
}

const typed = z.strictObject({ text: z.string().trim().min(1).max(1000) });
const files = { 'phone.js': 'text/javascript; charset=utf-8', 'phone.css': 'text/css; charset=utf-8' };

/** What the page's phone asks for: its two files, `texts` as a stream of events, and a POST there. */
export function phoneRoutes(phone: Phone): Hono {
  const app = new Hono();
  for (const [name, type] of Object.entries(files)) {
    app.get(`/${name}`, async (c) =>
      c.body(await readFile(new URL(`browser/${name}`, import.meta.url), 'utf8'), 200, { 'content-type': type }),
    );
  }
  app.get('/texts', (c) => streamSSE(c, (stream) => tell(phone, stream)));
  app.post('/texts', async (c) => {
    // A page of another site cannot send this type without asking first, and nobody answers that.
    if (c.req.header('content-type') !== 'application/json') return c.body(null, 415);
    const { success, data } = typed.safeParse(await c.req.json().catch(() => undefined));
    if (!success) return c.body(null, 400);
    await phone.write(data.text);
    return c.body(null, 204);
  });
  return app;
}

/** All that is on the phone, and from then on what comes, until the page goes. */
async function tell(phone: Phone, stream: SSEStreamingApi): Promise<void> {
  let told: string | undefined;
  let queue = Promise.resolve();
  const next = async () => {
    const texts = phone.texts();
    for (const text of texts.slice(texts.findIndex(({ id }) => id === told) + 1)) {
      told = text.id;
      await stream.writeSSE({ id: text.id, data: JSON.stringify(text) });
    }
  };
  const look = () => {
    queue = queue.then(next);
  };
  const unwatch = phone.watch(look);
  look();
  await new Promise<void>((gone) => stream.onAbort(gone));
  unwatch();
  await queue;
}
