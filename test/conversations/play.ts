import { expect } from 'vitest';
import { canonical, canonicalXml, matches } from './match.ts';
import type { Script, Turn } from './script.ts';
import { openStage, type Stage } from './stage.ts';

/** The longest that a line may take to come, in milliseconds; only a failing conversation waits for it. */
const PATIENCE = 15_000;

/** Plays a conversation on both wires, and at its end makes sure that nothing was said that it does not hold. */
export async function play(script: Script): Promise<void> {
  await using stage = await openStage(script.options);
  for (const turn of script.turns) await (turn.wire === 'xmpp' ? playXmpp(stage, turn) : playIrc(stage, turn));
  await silence(stage);
}

async function playXmpp({ xmpp }: Stage, turn: Turn): Promise<void> {
  if (turn.direction === 'in') return xmpp.send(turn.text);
  if (turn.direction === 'do') throw new Error(`${turn.at}: xmpp knows no command ${turn.text}`);
  const stanza = await inTime(xmpp.next(), turn);
  compare(canonicalXml(turn.text), canonical(stanza), turn);
}

async function playIrc(stage: Stage, turn: Turn): Promise<void> {
  const connection = await inTime(stage.irc(turn.who), turn);
  if (turn.direction === 'in') {
    connection.send(turn.text);
    return stage.answerPings(connection);
  }
  if (turn.direction === 'out') return compare(turn.text, await inTime(connection.next(), turn), turn);
  if (turn.text === 'pong') return stage.answerPings(connection);
  if (turn.text !== 'kill') throw new Error(`${turn.at}: irc knows no command ${turn.text}`);
  connection.kill();
  await connection.closed;
}

/** With `*` for anything; where it does not match, the two are compared as they are, for a readable difference. */
function compare(expected: string, seen: string, turn: Turn): void {
  if (!matches(expected, seen)) expect(seen, turn.at).toBe(expected);
}

/** Everything that was said has been read on both wires: what is left was not expected. */
async function silence(stage: Stage): Promise<void> {
  // A connection that the gateway closed has been read to its end.
  await Promise.allSettled(stage.ircConnections.map((connection) => connection.sync()));
  stage.xmpp.send(
    "<iq type='get' id='the-end' from='stage@a.example/x' to='irc.example'><ping xmlns='urn:xmpp:ping'/></iq>",
  );
  const left: string[] = [];
  for (let stanza = await stage.xmpp.next(); stanza.attrs.id !== 'the-end'; stanza = await stage.xmpp.next()) {
    left.push(canonical(stanza));
  }
  for (const { nick, unread } of stage.ircConnections) left.push(...unread.map((line) => `${nick}: ${line}`));
  expect(left, 'said beyond the conversation').toEqual([]);
}

function inTime<T>(wanted: Promise<T>, turn: Turn): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.reject(new Error(`${turn.at}: nothing came for: ${turn.text}`)), PATIENCE);
  return Promise.race([wanted, late.promise]).finally(() => clearTimeout(timer));
}
