import type { StatusUpdate, StatusWord } from './statuses.ts';

/** A text of ours on its way out. */
export type OutboundText = {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Addresses from which the provider fetches what goes with it as MMS. */
  readonly media: readonly string[];
  /** Where the provider tells how it fares; our own reference is in it. */
  readonly callback?: string;
};

/** A text from outside. */
export type InboundText = {
  readonly sid: string;
  readonly from: string;
  /** What the sender calls itself, where the provider tells that. */
  readonly name?: string;
  readonly to: string;
  readonly text: string;
  /** Addresses at the provider of what came with it. */
  readonly media: readonly string[];
  /** When the provider had it, in milliseconds since 1970, where that is known. */
  readonly at?: number;
};

/** One entry of a provider's list of messages. `mediaCount`: its addresses are asked for by `mediaOf`. */
export type ListedText = Omit<InboundText, 'media'> & {
  readonly direction: 'in' | 'out';
  readonly at: number;
  readonly status: StatusWord;
  readonly code?: string;
  readonly mediaCount: number;
};

/** A request to one of our webhooks. `url` is the public one, as the operator has configured it. */
export type WebhookRequest = { readonly url: string; readonly headers: Headers; readonly body: string };

/** A request that is not the provider's, or not what it may be. Nothing is kept of it. */
export class RequestRefused extends Error {
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(status: number) {
    super('a request that is not welcome');
    this.status = status;
  }
}

/** Who carries texts for us. All that fails is a `Failure`; what may have been done has `certain: false`. */
export type Provider = AsyncDisposable & {
  readonly capabilities: {
    /** Whether it calls webhooks; where it does not, `list` tells everything. */
    readonly webhooks: boolean;
    readonly mms: boolean;
  };
  send(message: OutboundText): Promise<StatusUpdate>;
  /** What came to our number `to`, or was sent to `to`, since a time in milliseconds since 1970; in no order. */
  list(query: {
    readonly direction: 'in' | 'out';
    readonly to: string;
    readonly since: number;
  }): Promise<readonly ListedText[]>;
  /** The addresses of what came with a message. */
  mediaOf(sid: string): Promise<readonly string[]>;
  /** Reads a file that came with a message. `elsewhere` fetches from other hosts, which get no credentials of ours. */
  file(url: string, elsewhere: (url: string) => Promise<Response>): Promise<Response>;
  /** Rejects with `RequestRefused`, or with a `Failure` where it has to be asked and does not answer. */
  parseInbound(post: WebhookRequest): Promise<InboundText>;
  /** Throws `RequestRefused`. */
  parseStatus(post: WebhookRequest): StatusUpdate;
  /** The answer with which an inbound text is acknowledged. */
  acknowledge(): Response;
  /** Where providers push instead of calling webhooks: hears of texts and statuses at once. */
  listen?(told: {
    inbound(text: InboundText): Promise<void>;
    status(callback: string, news: StatusUpdate): Promise<void>;
  }): void;
};
