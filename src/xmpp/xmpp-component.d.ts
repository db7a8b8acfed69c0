/** The little that is used of `ltx`: its element, for reading. Attributes of another namespace are read by their written name. */
declare module 'ltx' {
  export class Element {
    constructor(name: string, attrs?: Record<string, string>);
    name: string;
    parent: Element | null;
    children: (Element | string)[];
    attrs: Record<string, string | undefined>;
    is(name: string, xmlns?: string): boolean;
    getName(): string;
    getNS(): string | undefined;
    findNS(prefix?: string): string | undefined;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildren(name: string, xmlns?: string): Element[];
    getChildText(name: string, xmlns?: string): string | null;
    getChildElements(): Element[];
    getText(): string;
    toString(): string;
  }
  /** Reads a whole document. Lenient: for tests, never for what comes from a wire. */
  export function parse(xml: string): Element;
}

/** The little that is used of `@xmpp/component` 0.13: the life cycle of one connection, and the XEP-0114 handshake. */
declare module '@xmpp/component' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';
  import type { Element } from 'ltx';

  /** What the connection expects of the object that it makes with `new this.Parser()`: `start`, `element` and `end` events. */
  export type StreamParser = EventEmitter & { write(data: Buffer): void };

  export type Component = EventEmitter & {
    status: string;
    socket: Socket | null;
    /** Milliseconds for each of its own waits; 0 is without limit. */
    timeout: number;
    Parser: new () => StreamParser;
    Socket: new () => Socket;
    reconnect: { stop(): void };
    socketParameters(service: string): { host: string; port: number };
    start(): Promise<unknown>;
    stop(): Promise<unknown>;
    connect(service: string): Promise<void>;
    open(options: { domain: string }): Promise<Element>;
    write(text: string): Promise<void>;
    send(element: Element): Promise<void>;
    _onData(data: Buffer): void;
  };

  export function component(options: { service: string; domain: string; password: string }): Component;
}
