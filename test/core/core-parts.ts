import type { CoreParts } from '#src/core/core.ts';

/** Limits that nobody meets, with the shortest waits there are. */
export const freeLimits: CoreParts['limits'] = {
  waitingLines: 100,
  waitingTime: 60_000,
  reconnectMin: 1,
  reconnectMax: 1,
  connectPace: 0,
  joinTime: 300_000,
  historyTime: 10_000,
  linger: 0,
  dialogueTime: 1000,
  dialogues: 1,
  rates: { messages: 'off', joins: 'off', contacts: 'off', registrations: 'off' },
};
