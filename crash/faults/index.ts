import type { Fault } from './fault.ts';
import { slowReader, xmppHalfOpen, xmppStopped } from './links.ts';
import { clockJump, sigterm } from './process.ts';
import { databaseLocked, diskFull, postgresRestart } from './stores.ts';

/** By the names that `--fault` takes. */
export const faults: Readonly<Record<string, Fault>> = {
  'xmpp-stopped': xmppStopped,
  'xmpp-half-open': xmppHalfOpen,
  'slow-reader': slowReader,
  'disk-full': diskFull,
  'database-locked': databaseLocked,
  'postgres-restart': postgresRestart,
  'clock-jump': clockJump,
  'sigterm-under-load': sigterm,
};
