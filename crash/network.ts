import type { BridgeDefinition } from '#src/bridge.ts';
import type { Config } from '#src/config.ts';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import type { Accepted } from './journal.ts';
import type { Landed, Ledger } from './ledger.ts';
import type { Pass } from './points.ts';
import type { Random } from './random.ts';
import type { NetworkSetting, Setting } from './setting.ts';

/** People on both sides who write to one another, and what they see goes into the ledger. */
export type Load = {
  /** The gateway has connected: its users are there, and what they may have sent in vain they send once more. */
  attach(connection: FakeConnection): void;
  /** Writes from now on; the network's side writes whether a gateway is there or not. */
  begin(): void;
  end(): void;
  /** How many messages of the network's people the gateway does not have yet. */
  unacknowledged(): number;
  /** Counts what comes out anywhere: as long as it grows, something happens. */
  progress(): number;
  /** What lies on the network, in the order in which it came. */
  landed(): readonly Landed[];
};

/** A network that runs, and its people. */
export type World<L extends Load> = AsyncDisposable & {
  readonly load: L;
  /** What the next gateway is started with. */
  readonly setting: NetworkSetting;
  /** What else its books must say at the end. */
  audit?(accepted: readonly Accepted[]): void;
  /** Figures of its own. */
  figures?(): object;
};

export type NetworkParts = {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Messages a second, each way. */
  readonly rate: number;
  /** Whether some of the users are of another server, which goes away and comes back. */
  readonly far: boolean;
};

/** A network of the laboratory. */
export type Network<L extends Load> = {
  readonly domain: string;
  /** Where things lie that have arrived there, in words. */
  readonly there: string;
  /** Whether all that its people write comes in the order in which they wrote, without gaps; or in which lanes. */
  readonly gapless: boolean | ((lane: string) => boolean);
  open(parts: NetworkParts): Promise<World<L>>;
};

/** What the gateway's process makes of the setting of its network. */
export type Transport = {
  readonly domain: string;
  readonly definition: BridgeDefinition;
  readonly settings: unknown;
  readonly http?: Config['http'];
};

export type MakeTransport = (setting: Setting, pass: Pass) => Transport;

/** A network whose world somebody wants to have: `ready` is given it when it is open. */
export const networkOf =
  <L extends Load, W extends World<L>>(
    about: Omit<Network<L>, 'open'>,
    openWorld: (parts: NetworkParts) => Promise<W>,
  ): ((ready?: (world: W) => void) => Network<L>) =>
  (ready = () => undefined) => ({
    ...about,
    async open(parts) {
      const world = await openWorld(parts);
      ready(world);
      return world;
    },
  });
