// The little of @xmpp/client 0.14 (which has no types) that the tests use.
declare module '@xmpp/client' {
  export interface Element {
    readonly name: string;
    readonly attrs: Readonly<Record<string, string | undefined>>;
    readonly children: readonly (Element | string)[];
    is(name: string, xmlns?: string): boolean;
    getNS(): string | undefined;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildren(name: string, xmlns?: string): Element[];
    getChildElements(): Element[];
    getChildText(name: string, xmlns?: string): string | null;
    getText(): string;
    toString(): string;
  }
  export type Child = Element | string | number | null | undefined | readonly Child[];
  export function xml(
    name: string,
    attrs?: Readonly<Record<string, string | undefined>> | null,
    ...children: Child[]
  ): Element;
  export interface Client {
    readonly reconnect: { stop(): void };
    readonly iqCaller: { request(iq: Element, timeout?: number): Promise<Element> };
    on(event: 'stanza' | 'element' | 'nonza', take: (element: Element) => void): void;
    on(event: 'error', take: (error: Error) => void): void;
    on(event: 'disconnect' | 'offline', take: () => void): void;
    start(): Promise<{ toString(): string }>;
    stop(): Promise<unknown>;
    send(element: Element): Promise<void>;
    write(text: string): Promise<void>;
    readonly socket: { destroy(): void } | null;
  }
  export type Authenticate = (credentials: { username: string; password: string }, mechanism: string) => Promise<void>;
  export function client(options: {
    service: string;
    domain: string;
    resource?: string;
    credentials: (authenticate: Authenticate) => Promise<void>;
  }): Client;
}
