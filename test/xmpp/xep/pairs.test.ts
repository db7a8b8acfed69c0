import { describe, expect, it } from 'vitest';
import type { Feature } from '#src/model/capabilities.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { decode } from '#src/xmpp/stanza/decode.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { decodeContactPresence } from '#src/xmpp/stanza/presence.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import type { Written } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { canonicalXml } from '../../conversations/match.ts';
import { addresses, GATEWAY, ROMEO, ROMEO_X, stanza, transport, VERONA, view } from '../invented.ts';
import { asked, called } from './exchange.ts';
import { type Pair, pairFiles } from './pairs.ts';

const JULIET: Place = { kind: 'contact', account: accountKey(ROMEO, GATEWAY), id: 'juliet%net' };
const PLACES: Readonly<Record<string, Place>> = { room: VERONA, person: JULIET };

const ALL: readonly Feature[] = [
  ...(['edit', 'retract', 'reaction', 'reply', 'file', 'mention'] as const),
  ...(['spoiler', 'typing', 'receipt', 'marker', 'attention'] as const),
];
/** A network that carries everything. */
const everything = view({ transport: transport({ said: { contact: ALL, room: ALL, unseen: [] } }) });

/** One that can be searched, too, in which there are pictures. */
const inhabited = view({
  transport: transport({
    said: { contact: ALL, room: ALL, unseen: [], extras: ['people', 'rooms', 'hats', 'pictures'] },
  }),
});

/** What a stanza of Romeo's means: its place by name, nothing of who said it; why it is refused, as text. */
function meaning(text: string): unknown {
  const given = stanza(text);
  given.attrs.from ??= ROMEO_X;
  given.attrs.id ??= 'm1';
  const envelope = { from: splitJid(given.attrs.from), to: splitJid(given.attrs.to ?? ''), view: everything };
  try {
    const draft = given.name === 'presence' ? decodeContactPresence(given, envelope) : decode(given, everything);
    if (!draft) return null;
    const { from, place, ...rest } = draft;
    expect(from).toEqual({ kind: 'xmpp', bare: ROMEO, resource: 'x' });
    const name = Object.keys(PLACES).find((one) => JSON.stringify(PLACES[one]) === JSON.stringify(place));
    return { in: name, ...rest };
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** What is written of an event of Juliet's, as XML. */
function written(text: string): string[] {
  const { in: where, marks = {}, ...given } = JSON.parse(text);
  const event: Event = {
    id: 'e1' as EventId,
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    live: true,
    from: { kind: 'network', id: 'juliet', name: 'Juliet' },
    place: PLACES[where],
    ...given,
  };
  const written: Written = {
    ...marks,
    ...(marks.by !== undefined && { occupantIds: (_: string, by: string) => `of-${by}` }),
  };
  const sendings = encode(event, [{ jid: ROMEO_X, nick: 'Romeo' }], addresses, written) ?? [];
  return sendings.map(({ name, children, from, to, type, id }) => {
    const head = attrs({ from, to: to.join(' '), type, id });
    return String(
      name === 'message' ? xml`<message${head}>${children}</message>` : xml`<presence${head}>${children}</presence>`,
    );
  });
}

/** Several elements, or none, in one spelling. */
const spelt = (text: string): string => (text.startsWith('<') ? canonicalXml(`<all>${text}</all>`) : text);

async function check({ does, given, wanted, known, part }: Pair, number: string): Promise<void> {
  if (does === 'read') expect(meaning(given)).toEqual(JSON.parse(wanted));
  else if (does === 'write')
    expect(written(given).map(canonicalXml)).toEqual(wanted === 'nothing' ? [] : [canonicalXml(wanted)]);
  else if (does === 'ask') {
    const answer = spelt((await asked(given, known, inhabited)) || 'nothing');
    if (part) expect(answer).toContain(canonicalXml(wanted));
    else expect(answer).toEqual(spelt(wanted));
  } else {
    const made = called(number, given, inhabited);
    if (typeof made === 'string' && made.startsWith('<')) expect(spelt(made)).toEqual(spelt(wanted));
    else expect(made ?? null).toEqual(JSON.parse(wanted));
  }
}

describe.each(pairFiles)('$file', ({ file, pairs }) => {
  it.each(pairs)('$does: $title', (pair) => check(pair, file.slice(0, 4)));
});

describe('the pairs', () => {
  it('are of each extension', () => {
    const files = new Set(pairFiles.map(({ file }) => file.slice(0, 4)));
    const without = extensions.map(({ xep }) => xep.number).filter((number) => !files.has(number));
    expect(without).toEqual([]);
  });
});
