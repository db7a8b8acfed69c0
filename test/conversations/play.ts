import type { Element } from 'ltx';
import { expect } from 'vitest';
import { PATIENCE } from '../patience.ts';
import { canonical, canonicalXml, filled, match, spokenOf } from './match.ts';
import type { Script, Turn } from './script.ts';
import { openStage, type Stage } from './stage.ts';

/** Plays a conversation on both wires, and at its end makes sure that nothing was said that it does not hold. */
export async function play(script: Script): Promise<void> {
  await using stage = await openStage(script);
  const names = new Map([['upload', stage.upload]]);
  for (const written of script.turns) {
    const seen = await playTurn(stage, { ...written, text: filled(written.text, names) });
    for (const [name, value] of Object.entries(seen ?? {})) names.set(name, value);
  }
  await silence(stage);
}

const CAPS = 'http://jabber.org/protocol/caps';

/** The same in every presence of a contact (XEP-0115): it is compared where a line has it. */
function withoutCaps(stanza: Element): Element {
  const carried = stanza.name === 'presence' ? stanza.getChild('c', CAPS) : undefined;
  if (carried) stanza.children.splice(stanza.children.indexOf(carried), 1);
  return stanza;
}

/** What a line of the conversation gave names to. */
type Named = Readonly<Record<string, string>> | undefined;

function playTurn(stage: Stage, turn: Turn): Promise<Named> {
  if (turn.wire === 'gateway') return inTime(playGateway(stage, turn), turn);
  return turn.wire === 'xmpp' ? playXmpp(stage, turn) : playWire(stage, turn);
}

/**
 * `kill`, `stop` and `start` again on the same store, `stopping` where the stop is not waited for before `stop`; `kept 1 3`: one client in a room who was shown three people (`kept 0 0 1`: a member
 * without a client); `owed 2`: two
 * events are kept that have not left; `tried 2`: one waits that has been tried twice;
 * `lock` and `unlock`: another program has the store; `later 30`: seconds pass; `silence`: nothing has been said that was not heard.
 */
async function playGateway(stage: Stage, turn: Turn): Promise<Named> {
  const [order = '', clients, occupants, members = 0] = turn.text.split(' ');
  if (order === 'kept') return void (await stage.kept(Number(clients), Number(occupants), Number(members)));
  if (order === 'owed') return void (await stage.owed(Number(clients)));
  if (order === 'tried') return void (await stage.tried(Number(clients)));
  if (order === 'later') return void (await stage.later(Number(clients) * 1000));
  if (order === 'lock' || order === 'unlock') return void stage[order]();
  if (order === 'silence') return silence(stage);
  if (order === 'stopping') return stage.stopping();
  if (order !== 'kill' && order !== 'stop' && order !== 'start') throw new Error(`${turn.at}: no order ${order}`);
  return void (await stage[order]());
}

/** `gone JID`: the server no longer knows a full JID; `unproven` and `proven`: whether it proves what it has read. */
async function playXmpp({ xmpp, next, gone, proves }: Stage, turn: Turn): Promise<Named> {
  if (turn.direction === 'in') return void xmpp.send(turn.text);
  if (turn.direction === 'do' && turn.text.startsWith('gone ')) return void gone.add(turn.text.slice(5));
  if (turn.direction === 'do' && /^(un)?proven$/.test(turn.text)) return void proves(turn.text === 'proven');
  if (turn.direction === 'do') throw new Error(`${turn.at}: xmpp knows no command ${turn.text}`);
  const stanza = await inTime(next(), turn);
  const wanted = canonicalXml(turn.text);
  const seen = canonical(turn.text.includes(CAPS) ? stanza : withoutCaps(stanza));
  return compare(wanted, spokenOf(wanted, seen), turn);
}

async function playWire({ wire }: Stage, turn: Turn): Promise<Named> {
  if (turn.wire !== wire.name) throw new Error(`${turn.at}: the network here is called ${wire.name}`);
  const { who, text } = turn;
  if (turn.direction === 'in') return void (await inTime(wire.say(text, who), turn));
  if (turn.direction === 'do') return void (await inTime(wire.order(text, who), turn));
  return compare(text, await inTime(wire.hear(who), turn), turn);
}

/** Where it does not match, the two are compared as they are, for a readable difference. */
function compare(expected: string, seen: string, turn: Turn): Named {
  // A text of several languages that was put into a sentence as it is: a `*` would match that.
  expect(seen, turn.at).not.toContain('[object Object]');
  const named = match(expected, seen);
  if (!named) expect(seen, turn.at).toBe(expected);
  return named;
}

/** Everything that was said has been read on both wires: what is left was not expected. */
async function silence({ wire, xmpp, next, heard }: Stage): Promise<undefined> {
  await heard();
  xmpp.send(
    `<iq type='get' id='the-end' from='stage@a.example/x' to='${wire.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
  );
  const left: string[] = [];
  for (let stanza = await next(); stanza.attrs.id !== 'the-end'; stanza = await next()) {
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
