/** The part of irc-framework 4.14 that this bridge uses; the package has no types of its own. */
declare module 'irc-framework' {
  import type { EventEmitter } from 'node:events';

  export type ParsedLine = {
    readonly tags: Readonly<Record<string, string>>;
    readonly prefix: string;
    readonly nick: string;
    readonly ident: string;
    readonly hostname: string;
    readonly command: string;
    readonly params: string[];
  };

  export class Client {
    constructor(options: Readonly<Record<string, unknown>>);
    connect(): void;
    removeAllListeners(): void;
    requestCap(names: readonly string[]): void;
    readonly command_handler: { dispatch(line: ParsedLine): void };
    readonly network: { readonly cap: { readonly enabled: readonly string[] } };
    readonly connection: EventEmitter & { end(): void };
  }

  const framework: { readonly Client: typeof Client; ircLineParser(line: string): ParsedLine };
  export default framework;
}
