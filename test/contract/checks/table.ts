import fc from 'fast-check';
import { expect } from 'vitest';
import type { Capabilities, Level } from '#src/model/capabilities.ts';
import type { EventBody, EventKind } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Check, Contract } from '../network.ts';
import { type Rig, withRig } from '../rig.ts';
import { kinds, sample } from '../samples.ts';

const ORDER: readonly Level[] = ['none', 'partial', 'full'];
const rank = (level: Level | undefined): number => ORDER.indexOf(level ?? 'none');
/** How well a kind is carried; the receipts of samples say that something was displayed. */
const rankOf = ({ out }: Pick<Capabilities, 'out'>, kind: EventKind): number =>
  Math.max(rank(out[kind]), kind === 'receipt' ? rank(out.marker) : -1);
const everywhere = ['room', 'contact', 'realm'] as const;

/** Where the bridge carries a kind, in this world. */
function placeFor(rig: Rig, kind: EventKind, session: Awaited<ReturnType<Rig['enter']>>) {
  const narrowed = (place: Rig['places']['room']) => rig.bridge.narrow?.(place, session) ?? rig.facts;
  const names = rig.contract.network.opened ? (['contact', 'realm'] as const) : everywhere;
  const places = names.map((name) => rig.places[name]);
  return places.find((place) => rankOf(narrowed(place), kind) > 0);
}

/** What happens without a room that somebody has opened. */
const playedKinds = ({ network: { opened = [] } }: Contract) => kinds.filter((kind) => !opened.includes(kind));

/** A message that others can point to, if the network gives ids at all. */
async function target(rig: Rig, session: Awaited<ReturnType<Rig['enter']>>): Promise<ForeignId> {
  const outcome = await rig.outcome(await rig.say('point to this', session));
  // Where a network gives no ids of its own, somebody may speak of one all the same.
  return outcome instanceof Failure ? ('' as ForeignId) : (outcome.ids[0] ?? ('earlier' as ForeignId));
}

/** What the definition's table says holds, both ways. */
export const tableChecks: readonly Check[] = [
  {
    name: 'every kind that the table lets out is taken, every other one is refused',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await rig.wire.able?.('romeo');
        for (const kind of playedKinds(contract)) {
          const body = sample(kind, { target: await target(rig, session), room: rig.wire.room });
          const place = placeFor(rig, kind, session);
          if (rankOf(rig.facts, kind) > 0) expect(place, `some place carries ${kind}`).toBeDefined();
          const outcome = await rig.outcome(await rig.deliver(body, session, place));
          if (rankOf(rig.facts, kind) > 0) expect(outcome, kind).toMatchObject({ state: 'taken' });
          else expect(outcome, kind).toBeInstanceOf(Failure);
        }
      }),
  },
  {
    name: 'every kind that the table lets in is told, and no other one',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        // Where people have to be watched for anything to be told of them.
        const watch = { kind: 'contact', action: 'subscribe' } as const;
        if (rank(rig.facts.out.contact) > 0) await rig.deliver(watch, session, rig.places.contact);
        const expected = playedKinds(contract).filter((kind) => rank(rig.facts.in[kind]) > 0);
        expect(Object.keys(rig.wire.provoke).sort()).toEqual([...expected].sort());
        for (const kind of expected) {
          rig.drafts.splice(0);
          await rig.wire.provoke[kind]?.('romeo');
          await rig.when(`a ${kind}`, () => rig.drafts.some((draft) => draft.kind === kind));
          for (const draft of rig.drafts) expect(expected).toContain(draft.kind);
        }
      }),
  },
  {
    // The size of a text is not compared: where the table names what fits everywhere, a peer may take more.
    name: 'narrow never offers more than the table',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        for (const name of everywhere) {
          const found = rig.bridge.narrow?.(rig.places[name], session);
          if (found) assertWithin(found, rig.facts);
        }
      }),
  },
  {
    name: 'who is nobody to have as a contact is refused at once, and nobody else is',
    run: (contract) =>
      withRig(contract, async ({ bridge, wire }) => {
        if (wire.nobody !== undefined) expect(bridge.refuses?.(wire.nobody)).toBeInstanceOf(Failure);
        expect(bridge.refuses?.(wire.person)).toBeUndefined();
      }),
  },
  {
    name: 'deliver throws failures only, whatever an event holds',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\r\n', ' ', '\0', rig.wire.person));
        const place = fc.oneof(
          fc.constantFrom(...everywhere.map((name) => rig.places[name])),
          word.map((id) => ({ ...rig.places.contact, id })),
          word.map((id) => ({ ...rig.places.room, id })),
        );
        const strange = fc.asyncProperty(
          fc.constantFrom(...kinds),
          fc.array(word),
          place,
          async (kind, words, where) => {
            const plain = sample(kind, { target: '' as ForeignId, room: rig.wire.room });
            await rig.deliver(withWords(plain, words), session, where);
          },
        );
        await fc.assert(strange, { numRuns: 300 });
      }),
  },
];

function assertWithin(found: Capabilities, table: Capabilities): void {
  for (const side of ['out', 'in'] as const) {
    for (const kind of kinds)
      expect(rank(found[side][kind]), `${side} ${kind}`).toBeLessThanOrEqual(rank(table[side][kind]));
  }
  for (const type of ['image', 'audio', 'video', 'other'] as const)
    expect(rank(found.files[type]), type).toBeLessThanOrEqual(rank(table.files[type]));
  expect(table.shows).toEqual(expect.arrayContaining([...found.shows]));
  expect(found.text.pieces).toBeLessThanOrEqual(table.text.pieces);
  expect([table.rooms, 'none']).toContain(found.rooms);
}

const WORDS = new Set(['text', 'target', 'status', 'reason', 'name', 'nick', 'wanted', 'id', 'room', 'emoji']);

/** The same event with other words in it, one after the other. */
function withWords(body: EventBody, words: readonly string[]): EventBody {
  let next = 0;
  return JSON.parse(JSON.stringify(body), (name, value: unknown) =>
    WORDS.has(name) && typeof value === 'string' ? (words[next++ % words.length] ?? value) : value,
  ) as EventBody;
}
