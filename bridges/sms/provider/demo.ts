import { randomUUID } from 'node:crypto';
import { Failure } from '#src/model/failure.ts';
import { type InboundText, type OutboundText, type Provider, RequestRefused } from './provider.ts';
import type { StatusUpdate } from './statuses.ts';

type Listener = Parameters<NonNullable<Provider['listen']>>[0];

/** A text on the demonstration's phone. `out` is from us. */
export type DemoText = {
  readonly sid: string;
  readonly direction: 'in' | 'out';
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly at: number;
};

/** The phones of a demonstration: a list in memory that somebody can look at and write to. */
export type DemoPhones = {
  readonly texts: readonly DemoText[];
  /** Somebody writes on a phone. Resolves once it is taken in. */
  write(from: string, to: string, text: string): Promise<void>;
  /** Calls `look` after each text. The returned function ends that. */
  watch(look: () => void): () => void;
};

const phones = new Map<string, DemoPhones>();

/** The phones that reach a transport with the demonstration's provider, while it is open. */
export const demoPhones = (transport: string): DemoPhones | undefined => phones.get(transport);

const MOST_TEXTS = 500;

/** A provider without a network: its phones are in this process, and everything is delivered at once. */
export function openDemo(transport: string, now: () => number): Provider {
  const texts: DemoText[] = [];
  const watchers = new Set<() => void>();
  let told: Listener | undefined;

  function keep(text: DemoText): void {
    texts.push(text);
    texts.splice(0, texts.length - MOST_TEXTS);
    for (const look of watchers) look();
  }

  async function write(from: string, to: string, text: string): Promise<void> {
    const inbound: InboundText = { sid: sidOf(), from, to, text, media: [], at: now() };
    keep({ ...inbound, direction: 'in', at: now() });
    await told?.inbound(inbound);
  }

  async function send({ from, to, text, callback }: OutboundText): Promise<StatusUpdate> {
    const sid = sidOf();
    keep({ sid, direction: 'out', from, to, text, at: now() });
    if (callback !== undefined) void told?.status(callback, { sid, status: 'delivered' });
    return { sid, status: 'sent' };
  }

  phones.set(transport, {
    texts,
    write,
    watch(look) {
      watchers.add(look);
      return () => watchers.delete(look);
    },
  });

  return {
    capabilities: { webhooks: false, mms: false },
    send,
    list: async () => [],
    mediaOf: async () => [],
    file: () => Promise.reject(new Failure('item-not-found')),
    parseInbound: () => Promise.reject(new RequestRefused(404)),
    parseStatus() {
      throw new RequestRefused(404);
    },
    acknowledge: () => new Response(null, { status: 204 }),
    listen(heard) {
      told = heard;
    },
    async [Symbol.asyncDispose]() {
      phones.delete(transport);
    },
  };
}

const sidOf = (): string => `SM${randomUUID().replaceAll('-', '')}`;
