import type { Element } from 'ltx';
import { backoff } from '#src/lib/backoff.ts';
import { type Clock, systemClock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
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
import { type Ask, createRequests } from './requests.ts';
import { createWriter, type Refusal, type StanzaKind, type Writer, type WriterLimits, writerLimits } from './writer.ts';
import { xml } from './xml.ts';

export type { Phase, Reason } from './link-state.ts';
export type { Ask } from './requests.ts';

export type LinkOptions = {
  /** The component's domain, prepared (lower case). */
  readonly domain: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /**
   * Who answers the pings. Our own domain if left out: the server hands such a ping back to us, whatever other domains
   * it serves, and then has read all that was written before.
   */
  readonly pingTarget?: string;
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
  /** Flushes, waits for the server to have read it and closes the stream, a few seconds at most. Never rejects. */
  close(): Promise<void>;
};

const RETRY = { min: 1_000, max: 30_000 };
const PING = xml`<ping xmlns='urn:xmpp:ping'/>`;

/** Opens a link and starts to connect. */
export function openLink(options: LinkOptions): Link {
  const { domain, log, clock = systemClock, random = Math.random, timing = linkTiming, onState } = options;
  const { pingTarget = domain } = options;
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
  const requests = createRequests(domain, writer, clock);
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

  /** A connection's events; those of one that has been replaced go nowhere. */
  function events(isCurrent: () => boolean): ConnectionEvents {
    const feed = (event: LinkInput): void => (isCurrent() ? input(event) : undefined);
    return {
      heard: listened,
      stanza(stanza) {
        if (stanza.name !== 'iq' || !requests.take(stanza)) hand(stanza, options.onStanza);
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
    requests.drop('the link to the XMPP server dropped');
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
    // Its answer counts when it is heard, like anything else; that it failed is noticed by the silence.
    requests.ask({ to: pingTarget, payload: PING, timeout: timing.answer }).catch((error: unknown) => {
      log.debug({ domain, err: error }, 'a ping was not answered');
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
    return requests.ask(ask);
  }

  async function barrier(timeout = timing.answer): Promise<void> {
    await request({ to: pingTarget, payload: PING, timeout });
  }

  async function close(): Promise<void> {
    if (state.phase === 'online') {
      await barrier(timing.close).catch((error: unknown) => {
        log.warn({ domain, err: error }, 'closing without knowing whether all was read');
      });
    }
    if (state.phase === 'offline') return;
    const done = new Promise<void>((resolve) => closed.push(resolve));
    input({ on: 'stop' });
    await done;
  }

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
    close,
  };
}
