import type { Element } from 'ltx';
import type { Log } from '#src/lib/log.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import { type Clock, systemClock } from '#src/lib/time/clock.ts';
import { openSilentServers } from '#src/xmpp/peers/silent-servers.ts';
import { type Barriers, createBarriers } from './barriers.ts';
import { type Connection, type ConnectionEvents, connect } from './connection.ts';
import {
  initial,
  type LinkEffect,
  type LinkInput,
  type LinkTiming,
  linkTiming,
  type Phase,
  type Reason,
  step,
} from './link-state.ts';
import { type ReaderLimits, readerLimits } from './reader.ts';
import { type Ask, createRequests, type Requests } from './requests.ts';
import { createWriter, type Refusal, type StanzaKind, type Writer, type WriterLimits, writerLimits } from './writer.ts';

export type { Phase, Reason } from './link-state.ts';
export type { Ask } from './requests.ts';

export type LinkOptions = {
  /** The component's domain, prepared (lower case). */
  readonly domain: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** What all links of a process wait for together; the link's own if left out. */
  readonly replies?: Replies;
  readonly readerLimits?: ReaderLimits;
  readonly writerLimits?: WriterLimits;
  readonly timing?: LinkTiming;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log: Log;
  /** A stanza came in. Answers to our own requests do not come here. */
  readonly onStanza: (stanza: Element) => void;
  /** A stanza over a limit was read past: its start tag, to be answered with `not-acceptable`. */
  readonly onOversize?: (header: Element) => void;
  /** The first call comes from within `openLink`. `reason` is why a connection was lost or could not be made. */
  readonly onState?: (phase: Phase, reason?: Reason) => void;
  readonly onPressure?: (on: boolean) => void;
  readonly onRefused?: (reason: Refusal, kind: StanzaKind) => void;
};

/**
 * What is expected back from the server, for all links of a process together: a server may hand an answer in on the link
 * of another domain of ours (ejabberd's `global_routes`).
 */
export type Replies = { readonly barriers: Barriers; readonly requests: Requests };

/** Nothing is waited for yet. */
export const openReplies = (clock: Clock, log: Log): Replies => ({
  barriers: createBarriers(clock),
  requests: createRequests(clock, openSilentServers(clock, log)),
});

/** The link of one component domain to the XMPP server: kept up until it is closed. */
export type Link = Pick<Writer, 'stanza' | 'fanOut' | 'waiting'> & {
  readonly domain: string;
  state(): Phase;
  /** How often the link has come online. What was written in an earlier epoch may be lost, whatever a barrier says. */
  readonly epoch: number;
  /** Resolves once the server has read all that was written before. Rejects when the link drops, or is not online. */
  barrier(timeout?: number): Promise<void>;
  /** Sends an iq and resolves with its answer, a result or an error. Rejects as `barrier` does, and after 30 s. */
  request(ask: Ask): Promise<Element>;
  /**
   * Resolves once the server has read all that was written before, or after a few seconds. Never rejects. Links of
   * several domains are all flushed before the first is closed: what proves it may come back on any of them.
   */
  flush(): Promise<void>;
  /** Closes the stream, a few seconds at most. Never rejects. */
  close(): Promise<void>;
};

const RETRY = { min: 1_000, max: 30_000 };

/** Opens a link and starts to connect. */
export function openLink(options: LinkOptions): Link {
  const { domain, log, clock = systemClock, random = Math.random, timing = linkTiming, onState } = options;
  const { barriers, requests } = options.replies ?? openReplies(clock, log);
  const retry = backoff({ ...RETRY, random });
  /** Since the timer was set. */
  let heard = false;
  const writer = createWriter({
    domain,
    limits: options.writerLimits ?? writerLimits,
    onProgress: listened,
    ...(options.onPressure && { onPressure: options.onPressure }),
    onRefused(reason, kind) {
      log.warn({ domain, reason, kind }, 'a stanza was not written');
      options.onRefused?.(reason, kind);
    },
  });
  const stream = { domain, writer };
  let state = initial;
  let connection: Connection | undefined;
  let cancel: (() => void) | undefined;
  let epoch = 0;
  const closed: (() => void)[] = [];

  function listened(): void {
    heard = true;
  }

  function timer(ms: number): void {
    cancel?.();
    heard = false;
    cancel = clock.after(ms, () => input({ on: 'timer', heard }));
  }

  /** Hands a stanza to the rest of the house, whose mistakes must not cost the stream. */
  function hand(stanza: Element, to: LinkOptions['onStanza'] | undefined): void {
    if (state.phase !== 'online' && state.phase !== 'closing') return;
    try {
      to?.(stanza);
    } catch (error) {
      log.error({ domain, err: error }, 'a stanza could not be handled');
    }
  }

  /** Whether it is what we wait for ourselves. */
  function taken(stanza: Element): boolean {
    if (stanza.name === 'iq') return requests.take(stanza);
    return stanza.name === 'message' && barriers.take(stanza);
  }

  /** A connection's events; those of one that has been replaced go nowhere. */
  function events(isCurrent: () => boolean): ConnectionEvents {
    const feed = (event: LinkInput): void => (isCurrent() ? input(event) : undefined);
    return {
      heard: listened,
      stanza(stanza) {
        if (!taken(stanza)) hand(stanza, options.onStanza);
      },
      oversize: (header) => hand(header, options.onOversize),
      connected: () => feed({ on: 'connected' }),
      accepted: () => feed({ on: 'accepted' }),
      streamError: (condition, text) => feed({ on: 'stream-error', condition, text }),
      malformed: (error) => feed({ on: 'malformed', condition: error.condition, text: error.message }),
      ended: () => feed({ on: 'ended' }),
      closed: (text) => feed({ on: 'closed', text }),
    };
  }

  function dial(): void {
    const { host, port, secret } = options;
    const settings = { host, port, domain, secret, limits: options.readerLimits ?? readerLimits };
    const fresh: Connection = connect(
      settings,
      events(() => connection === fresh),
    );
    connection = fresh;
  }

  function drop(effect: LinkEffect & { do: 'drop' }): void {
    cancel?.();
    writer.detach();
    const last = connection;
    connection = undefined;
    last?.drop(effect.condition);
    requests.drop(domain, 'the link to the XMPP server dropped');
    barriers.drop(domain, 'the link to the XMPP server dropped');
  }

  function online(): void {
    epoch++;
    const socket = connection?.socket();
    if (socket) writer.attach(socket);
  }

  function tell(reason?: Reason): void {
    const { phase } = state;
    if (reason) log[reason.lasting ? 'error' : 'warn']({ domain, reason: reason.code }, reason.text);
    else if (phase === 'online') log.info({ domain }, 'online');
    onState?.(phase, reason);
    if (phase === 'offline') for (const done of closed.splice(0)) done();
  }

  function ping(): void {
    // It may come back on another link, which is a sign of life all the same; that it does not is noticed by the silence.
    barriers.wait(stream, timing.answer).then(listened, (error: unknown) => {
      log.debug({ domain, err: error }, 'a message to ourselves did not come back');
    });
  }

  function finish(): void {
    writer.finish();
    connection?.finish();
  }

  function perform(effect: LinkEffect): void {
    switch (effect.do) {
      case 'connect':
        return dial();
      case 'drop':
        return drop(effect);
      case 'online':
        return online();
      case 'ping':
        return ping();
      case 'finish':
        return finish();
      case 'timer':
        return timer(effect.ms);
      case 'wait':
        return timer(effect.slow ? RETRY.max : retry(effect.attempt));
      case 'tell':
        return tell(effect.reason);
    }
  }

  function input(event: LinkInput): void {
    const [next, ...effects] = step(state, event, timing);
    state = next;
    for (const effect of effects) perform(effect);
  }

  function request(ask: Ask): Promise<Element> {
    if (state.phase !== 'online') return Promise.reject(new Error('the link to the XMPP server is not online'));
    return requests.ask(stream, ask);
  }

  function barrier(timeout = timing.answer): Promise<void> {
    if (state.phase !== 'online') return Promise.reject(new Error('the link to the XMPP server is not online'));
    return barriers.wait(stream, timeout);
  }

  async function flush(): Promise<void> {
    if (state.phase !== 'online') return;
    await barrier(timing.close).catch((error: unknown) => {
      log.warn({ domain, err: error }, 'closing without knowing whether all was read');
    });
  }

  async function close(): Promise<void> {
    if (state.phase === 'offline') return;
    const done = new Promise<void>((resolve) => closed.push(resolve));
    input({ on: 'stop' });
    await done;
  }

  barriers.serve(domain);
  input({ on: 'start' });
  return {
    domain,
    stanza: writer.stanza,
    fanOut: writer.fanOut,
    get waiting() {
      return writer.waiting;
    },
    get epoch() {
      return epoch;
    },
    state: () => state.phase,
    request,
    barrier,
    flush,
    close,
  };
}
