import type { Scenario } from '../scenario.ts';
import { deadDomain } from './dead-domain.ts';
import { fanOut } from './fan-out.ts';
import { intake } from './intake.ts';
import { join, joinAgain, joinLarge } from './join.ts';
import { journalLatency, latency } from './latency.ts';
import { memory } from './memory.ts';
import { storm } from './storm.ts';
import { toIrc, toIrcMany } from './to-irc.ts';
import { toXmpp, toXmppMany } from './to-xmpp.ts';

/** The rows of the table, in order. */
export const scenarios: readonly Scenario[] = [
  toIrc,
  toIrcMany,
  toXmpp,
  toXmppMany,
  fanOut,
  storm,
  latency,
  ...intake,
  journalLatency,
  deadDomain,
  join,
  joinAgain,
  joinLarge,
  ...memory,
];
