import { expect } from 'vitest';
import { canonical, canonicalXml, matches } from './match.ts';
import type { Script, Turn } from './script.ts';
import { openStage, type Stage } from './stage.ts';

/** The longest that a line may take to come, in milliseconds; only a failing conversation waits for it. */
const PATIENCE = 15_000;

/** Plays a conversation on both wires, and at its end makes sure that nothing was said that it does not hold. */
export async function play(script: Script): Promise<void> {
  await using stage = await openStage(script);
  const seen: Seen = { last: undefined };
  for (const turn of script.turns) await (turn.wire === 'xmpp' ? playXmpp(stage, turn, seen) : playWire(stage, turn));
  await silence(stage);
}

type Seen = { last: Awaited<ReturnType<Stage['xmpp']['next']>> | undefined };

async function playXmpp({ xmpp }: Stage, turn: Turn, seen: Seen): Promise<void> {
  if (turn.direction === 'in') return xmpp.send(turn.text);
  if (turn.direction === 'do') return xmpp.send(ordered(turn, seen));
  const stanza = await inTime(xmpp.next(), turn);
  seen.last = stanza;
  compare(canonicalXml(turn.text), canonical(stanza), turn);
}

/** `bounce`: the server could not deliver what it was sent last. */
function ordered(turn: Turn, { last }: Seen): string {
  if (turn.text !== 'bounce' || !last) throw new Error(`${turn.at}: xmpp knows no command ${turn.text}`);
  const { id, from, to } = last.attrs;
  return `<message type='error' id='${id}' from='${to}' to='${from}'><error type='cancel'><service-unavailable
    xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
}

async function playWire({ wire }: Stage, turn: Turn): Promise<void> {
  if (turn.wire !== wire.name) throw new Error(`${turn.at}: the network here is called ${wire.name}`);
  const { who, text } = turn;
  if (turn.direction === 'in') return inTime(wire.say(text, who), turn);
  if (turn.direction === 'do') return inTime(wire.order(text, who), turn);
  compare(text, await inTime(wire.hear(who), turn), turn);
}

/** With `*` for anything; where it does not match, the two are compared as they are, for a readable difference. */
function compare(expected: string, seen: string, turn: Turn): void {
  if (!matches(expected, seen)) expect(seen, turn.at).toBe(expected);
}

/** Everything that was said has been read on both wires: what is left was not expected. */
async function silence({ wire, xmpp }: Stage): Promise<void> {
  await wire.sync();
  xmpp.send(
    `<iq type='get' id='the-end' from='stage@a.example/x' to='${wire.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
  );
  const left: string[] = [];
  for (let stanza = await xmpp.next(); stanza.attrs.id !== 'the-end'; stanza = await xmpp.next()) {
    left.push(canonical(stanza));
  }
  left.push(...(await wire.unheard()));
  expect(left, 'said beyond the conversation').toEqual([]);
}

function inTime<T>(wanted: Promise<T>, turn: Turn): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.reject(new Error(`${turn.at}: nothing came for: ${turn.text}`)), PATIENCE);
  return Promise.race([wanted, late.promise]).finally(() => clearTimeout(timer));
}
