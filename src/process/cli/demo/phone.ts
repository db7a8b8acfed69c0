import { Hono } from 'hono';
import { z } from 'zod';
import type { DemoPhones, DemoText } from '#bridges/sms/provider/demo.ts';
import { segmentsOf } from '#mappings/segments.ts';
import { postedJson, serveBrowserFile, streamList } from './event-stream.ts';

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
  items(): readonly PhoneText[];
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
    items: () => phones.texts.filter(({ from, to }) => from === number || to === number).map(shown),
    write: (text) => phones.write(number, their, text),
    watch: phones.watch,
  };
}

const typed = z.strictObject({ text: z.string().trim().min(1).max(1000) });

/** What the page's phone asks for: its two files, `texts` as a stream of events, and a POST there. */
export function phoneRoutes(phone: Phone): Hono {
  const app = new Hono();
  for (const name of ['phone.js', 'phone.css']) app.get(`/${name}`, (c) => serveBrowserFile(c, name));
  app.get('/texts', (c) => streamList(c, phone));
  app.post('/texts', async (c) => {
    const { success, data } = typed.safeParse(await postedJson(c));
    if (!success) return c.body(null, 400);
    await phone.write(data.text);
    return c.body(null, 204);
  });
  return app;
}
