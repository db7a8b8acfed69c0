import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { component, type StreamParser } from '@xmpp/component';
import type { Element } from 'ltx';
import { SharedReadsSocket } from '#src/lib/shared-reads.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import {
  createReader,
  NS_STREAM,
  ReaderError,
  type ReaderLimits,
  type StreamEvents,
  type StreamReader,
} from './reader.ts';
import type { StreamCondition } from './reader-error.ts';

const NS_CONDITIONS = 'urn:ietf:params:xml:ns:xmpp-streams';
const FOOTER = '</stream:stream>';

export type ConnectionOptions = {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  readonly secret: string;
  readonly limits: ReaderLimits;
};

/** What one connection reports. After `closed`, `malformed`, or being dropped it reports nothing more. */
export type ConnectionEvents = Pick<StreamEvents, 'stanza' | 'oversize'> & {
  /** Bytes came in. */
  heard(): void;
  connected(): void;
  /** The server has accepted the handshake. */
  accepted(): void;
  streamError(condition: string, text?: string): void;
  malformed(error: ReaderError): void;
  ended(): void;
  closed(text?: string): void;
};

/** One connection of a component: from the attempt to connect until the socket is gone. */
export type Connection = {
  /** The socket, as long as there is one. */
  socket(): Socket | null;
  /** Closes our side of the stream. The server's side is read until it ends. */
  finish(): void;
  /** Gives the socket up at once, after a stream error if there is a condition. */
  drop(condition?: StreamCondition): void;
};

function report(events: ConnectionEvents, element: Element): void {
  const conditions = element.getChildElements().filter((child) => child.getNS() === NS_CONDITIONS);
  const condition = conditions.find((child) => child.getName() !== 'text');
  const text = conditions.find((child) => child.getName() === 'text');
  events.streamError(condition?.getName() ?? 'undefined-condition', text?.getText());
}

/**
 * Connects through @xmpp/component, of which life cycle and handshake are used. Its edges are not: bytes go to our
 * reader, stanzas come straight from there, and it can send nothing but the handshake.
 */
export function connect(options: ConnectionOptions, events: ConnectionEvents): Connection {
  // XEP-0114 §3 hashes UTF-8. The library hashes the low byte of each character, so it is given the bytes as characters.
  const password = Buffer.from(options.secret, 'utf8').toString('latin1');
  const { domain, host, port } = options;
  const entity = component({ service: `xmpp://${domain}`, domain, password });
  let reader: StreamReader | undefined;
  let over = false;
  /** Our side of the stream is closed. */
  let finished = false;

  function end(tell?: () => void): void {
    if (over) return;
    over = true;
    reader?.stop();
    entity.socket?.destroy();
    tell?.();
  }

  const broken = (error: unknown): void => end(() => events.closed(error instanceof Error ? error.message : undefined));

  function nonza(parser: EventEmitter, element: Element): void {
    if (element.is('error', NS_STREAM)) return report(events, element);
    parser.emit('element', element);
    // The library notices a microtask later, when the stanzas behind the handshake have already been read.
    if (element.is('handshake')) events.accepted();
  }

  entity.reconnect.stop();
  entity.removeAllListeners('element');
  entity.timeout = 0;
  entity.Socket = SharedReadsSocket;
  entity.socketParameters = () => ({ host, port });
  entity.Parser = class extends EventEmitter implements StreamParser {
    #reader = createReader(
      {
        start: (header) => this.emit('start', header),
        stanza: events.stanza,
        nonza: (element) => nonza(this, element),
        oversize: events.oversize,
        end: events.ended,
      },
      options.limits,
    );

    constructor() {
      super();
      reader = this.#reader;
    }

    write(bytes: Buffer): void {
      this.#reader.write(bytes);
    }
  };
  entity.send = async (element) => {
    if (element.name !== 'handshake') throw new Error('only the writer sends');
    await entity.write(element.toString());
  };
  entity._onData = (bytes) => {
    if (over) return;
    events.heard();
    try {
      reader?.write(bytes);
    } catch (error) {
      if (error instanceof ReaderError) events.malformed(error);
      else broken(error);
    }
  };
  entity.on('connect', () => over || events.connected());
  entity.on('error', broken);
  entity.on('disconnect', () => broken(undefined));
  entity
    .connect('')
    .then(() => entity.open({ domain }))
    .catch(broken);

  return {
    socket: () => entity.socket,
    finish() {
      finished = true;
      entity.socket?.write(FOOTER);
    },
    drop(condition) {
      const error = condition ? xml`<stream:error><${condition} xmlns='${NS_CONDITIONS}'/></stream:error>`.text : '';
      // Told only as far as the socket takes it at once: nobody waits for a peer that is given up.
      if (!over && !finished && reader && entity.socket?.writableLength === 0) entity.socket.write(error + FOOTER);
      end();
    },
  };
}
