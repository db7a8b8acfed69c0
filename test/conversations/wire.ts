import type { BridgeDefinition } from '#src/bridge.ts';

/** A network's side of a conversation. Each folder of conversations has its own, as `openWire` of its `wire.ts`. */
export type Wire = AsyncDisposable & {
  /** As conversations call it. */
  readonly name: string;
  /** The component domain of the transport. */
  readonly domain: string;
  readonly definition: BridgeDefinition;
  /** The transport's settings, as an operator writes them. */
  readonly settings: object;
  /** Hears where the gateway's public listener waits, as host:port, after each start of one that has it. */
  served?(address: string): void;
  /** Hears at the beginning what time it is for the gateway, in milliseconds since 1970. */
  time?(now: () => number): void;
  /** `>`: something comes from the network. */
  say(text: string, who: string | undefined): Promise<void>;
  /** `<`: the next thing that the network is sent. */
  hear(who: string | undefined): Promise<string>;
  /** `!`: something happens to the network. Rejects for what it does not know. */
  order(text: string, who: string | undefined): Promise<void>;
  /** Everything that the network said has been read, and what came of it has been sent. */
  sync(): Promise<void>;
  /** What the network was sent and the conversation did not hear. */
  unheard(): Promise<readonly string[]>;
};

/** `options` come from the conversation's `option:` lines. */
export type OpenWire = (options: Readonly<Record<string, string>>) => Promise<Wire>;
