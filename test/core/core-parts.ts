import type { CoreParts } from '#src/core/core.ts';
import type { CoreTransport } from '#src/core/transport.ts';

/** Limits that nobody meets, with the shortest waits there are. */
export const freeLimits: CoreParts['limits'] = {
  waitingLines: 100,
  waitingTime: 60_000,
  reconnectMin: 1,
  reconnectMax: 1,
  connectPace: 0,
  linger: 0,
  dialogueTime: 1000,
  dialogues: 1,
  rates: { messages: 'off', joins: 'off', contacts: 'off', registrations: 'off' },
};

/** A transport of which nothing is wanted but its mapping, its addresses and its bridge. */
export const plainTransport: Omit<CoreTransport, 'mapping' | 'addresses' | 'bridge'> = {
  settings: {},
  talks: { logins: [], commands: [] },
  overrides: {},
  realms: [],
  history: { record: false, replay: 0 },
  persistent: false,
  accepted: () => undefined,
  repeated: () => undefined,
};
