import type { EventKind, Show } from './event.ts';

/** How well a network carries a kind of event. */
export type Level = 'none' | 'partial' | 'full';

/** Where an accepted event waits until it is delivered. */
export type Durability = 'journal' | 'memory';

/** What a text may be on the wire. */
export type TextLimits = {
  readonly format: 'plain' | 'styling' | 'html' | 'codes';
  readonly unit: 'bytes' | 'characters' | 'segments';
  /** The most that one piece may hold, in `unit`. */
  readonly size: number;
  /** The most pieces that one message may become. */
  readonly pieces: number;
  /** Whether a piece may hold line breaks. */
  readonly lines: boolean;
};

/** What crosses in each direction, seen from XMPP: `out` is towards the network. The upper bound; a bridge narrows it. */
export type Capabilities = {
  readonly out: Readonly<Partial<Record<EventKind, Level>>>;
  readonly in: Readonly<Partial<Record<EventKind, Level>>>;
  readonly text: TextLimits;
  readonly files: Level;
  readonly shows: readonly Show[];
  /** Whether rooms are one for all accounts (`shared`), one per account (`room`), or absent. */
  readonly rooms: 'none' | 'shared' | 'room';
  /** Whether the network's acknowledgement proves more than that our own server took the message. */
  readonly acknowledges: boolean;
  /** The durability of a kind, by the place's kind; what is not named here is memory. */
  readonly durability: Readonly<
    Partial<Record<'contact' | 'room' | 'shared' | 'realm', Readonly<Partial<Record<EventKind, Durability>>>>>
  >;
};

/** What becomes of an event that the target does not carry in full: a named rung of its kind's ladder. */
export type Rung = 'drop' | 'refuse' | 'line';

/** One network's table in `mappings/`: facts and policy, nothing else. */
export type NetworkMapping = {
  readonly network: string;
  readonly facts: Capabilities;
  readonly policy: {
    readonly out: Readonly<Partial<Record<EventKind, Rung>>>;
    readonly in: Readonly<Partial<Record<EventKind, Rung>>>;
  };
};
