// XEP-0082: XMPP Date and Time Profiles, version 1.1.1.
import type { Extension } from './extension.ts';

export const dateTimes: Extension = {
  xep: { number: '0082', title: 'XMPP Date and Time Profiles', version: '1.1.1', part: 'DateTime' },
};

const PROFILE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970 of a DateTime (§3.2), `undefined` for anything else. */
export function timeOf(text: string): number | undefined {
  const time = PROFILE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Milliseconds since 1970 as a DateTime in UTC. */
export const stampOf = (time: number): string => new Date(time).toISOString();

/**
 * The same for a message of an archive: its number there counts the microseconds, for clients sort by time, and what was
 * said in one millisecond has an order.
 */
export function archiveStampOf(time: number, id: string | undefined): string {
  const stamp = stampOf(time);
  return id !== undefined && /^\d+$/.test(id) ? `${stamp.slice(0, -1)}${id.slice(-3).padStart(3, '0')}Z` : stamp;
}
