import { expect } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import type { Page } from '#src/model/page.ts';
import type { Query, Reply } from '#src/model/query.ts';
import type { Check } from '../network.ts';
import { inTime, openRig, type Rig, withRig } from '../rig.ts';

/** What comes in, and what is asked for. */
export const intakeChecks: readonly Check[] = [
  {
    name: 'what is said in a room is told there, in order',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await rig.enter();
        const texts = ['first', 'second', 'third'];
        for (const text of texts) await rig.wire.say(text);
        expect((await rig.told('third')).place).toEqual(rig.home);
        expect(messages(rig)).toEqual(texts);
      }),
  },
  {
    name: 'pause stops reading, and nothing is lost by it',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await rig.enter();
        const other = await openRig(contract, rig.wire);
        try {
          const session = await other.enter('juliet');
          rig.bridge.pause(true);
          await rig.wire.say('while paused');
          await other.told('while paused');
          await other.bridge.ask({ kind: 'ping', realm: rig.wire.realm }, session);
          expect(messages(rig)).toEqual([]);
          rig.bridge.pause(false);
          await rig.told('while paused');
        } finally {
          await other.bridge[Symbol.asyncDispose]();
        }
      }),
  },
  {
    // What its host has under way there decides whether that is an echo.
    name: 'what the account has written elsewhere may wait for what goes out, which does not wait for it',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const { wire, places, drafts } = rig;
        if (!wire.sayElsewhere) return;
        const session = await rig.enter();
        const release = rig.holdEmits();
        try {
          await wire.sayElsewhere('romeo', 'elsewhere');
          const isSelf = () =>
            drafts.some(({ kind, from }) => kind === 'message' && from.kind === 'network' && from.self);
          await rig.when('what was written elsewhere', isSelf);
          expect(await rig.outcome(await rig.say('meanwhile', session, places.contact))).toMatchObject({
            state: 'taken',
          });
        } finally {
          release();
        }
      }),
  },
  {
    name: 'lists come in pages, each entry once',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        for (const kind of ['rooms', 'people', 'occupants', 'history'] as const) {
          const wanted = rig.wire.pages[kind];
          const ask = (page: Page) => rig.bridge.ask(queryOf(kind, page, rig), session);
          if (wanted === undefined) {
            await expect(ask({ max: 2 }), kind).rejects.toBeInstanceOf(Failure);
            continue;
          }
          const seen = await walk(ask, wanted);
          expect(seen.length, kind).toBe(wanted);
          expect(new Set(seen).size, kind).toBe(wanted);
        }
      }),
  },
  {
    name: 'history goes back to its beginning, forth from there, and begins at a time',
    run: (contract) =>
      withRig(contract, async (rig) => {
        if (rig.wire.pages.history === undefined) return;
        const session = await rig.enter();
        for (const text of ['hark', 'hist', 'hush']) await rig.wire.say(text);
        const { at } = await rig.told('hush');
        const read = async (page: Page, near?: number) => {
          const query = { kind: 'history', place: rig.places.room, page, ...(near !== undefined && { near }) } as const;
          return idsOf(await rig.bridge.ask(query, session));
        };
        const whole = await read({ max: 100, before: '' });
        expect(whole.length).toBe(rig.wire.pages.history + 3);
        const forth: string[] = [];
        for (let after = ''; forth.length < whole.length; after = forth.at(-1) ?? '') {
          const more = await read({ max: 2, after });
          expect(more.length).toBeGreaterThan(0);
          forth.push(...more);
        }
        expect(forth).toEqual(whole);
        expect(await read({ max: 100, after: whole.at(-2) ?? '' })).toEqual(whole.slice(-1));
        // What an id does not tell, a time does.
        expect(await read({ max: 100, before: 'nobody' }, (at ?? 0) + 60_000)).toEqual(whole);
        expect(await read({ max: 100, after: '' }, (at ?? 0) + 60_000)).toEqual([]);
      }),
  },
];

const messages = ({ drafts }: Rig): string[] =>
  drafts.flatMap((one) => (one.kind === 'message' && one.place.kind !== 'realm' ? one.text : []));

type Listed = 'rooms' | 'people' | 'occupants' | 'history';

function queryOf(kind: Listed, page: Page, { wire, places }: Rig): Extract<Query, { page: Page }> {
  if (kind === 'rooms') return { kind, realm: wire.realm, page };
  if (kind === 'people') return { kind, realm: wire.realm, page, match: '' };
  return { kind, place: places.room, page };
}

/** Goes from page to page until one has nothing new. */
async function walk(ask: (page: Page) => Promise<Reply>, most: number): Promise<string[]> {
  const seen: string[] = [];
  for (let after = {}; seen.length <= most; after = { after: seen.at(-1) }) {
    const reply = await ask({ max: 2, ...after });
    const ids = idsOf(reply);
    expect(ids.length).toBeLessThanOrEqual(2);
    if (reply.kind === 'history') return [...seen, ...(await history(ask, reply))];
    if ('count' in reply) expect(reply.count).toBe(most);
    if (ids.length === 0) break;
    seen.push(...ids);
  }
  return seen;
}

/** History begins with what is newest and goes back. */
async function history(ask: (page: Page) => Promise<Reply>, newest: Extract<Reply, { kind: 'history' }>) {
  const seen = idsOf(newest);
  for (let { complete } = newest; !complete; ) {
    const older = await ask({ max: 2, before: seen[0] ?? '' });
    if (older.kind !== 'history' || older.events.length === 0) break;
    complete = older.complete;
    seen.unshift(...idsOf(older));
  }
  return seen;
}

function idsOf(reply: Reply): string[] {
  if (reply.kind === 'history') return reply.events.flatMap(({ ids }) => ids?.[0] ?? []);
  return 'list' in reply ? reply.list.map((entry) => ('id' in entry ? entry.id : entry.bare)) : [];
}

function journalOf({ wire }: Rig) {
  if (!wire.journal) throw new Error('a network with journaled events has acknowledgements');
  return wire.journal;
}

/** For networks that wait for an acknowledgement. */
export const journalChecks: readonly Check[] = [
  {
    name: 'acknowledges an event only once it is durable',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        const { acknowledged, isAcknowledged } = journalOf(rig);
        await inTime(acknowledged('romeo'), 'acknowledgements', contract.patience);
        const commit = rig.holdEmits();
        await rig.wire.say('not durable yet');
        await rig.told('not durable yet');
        // An acknowledgement that was written too early is read before this.
        const { elsewhere } = rig.wire;
        const other = elsewhere === undefined ? undefined : { ...rig.places.contact, id: elsewhere };
        const behind = await rig.say('behind it', session, other);
        expect(await inTime(rig.wire.heard('romeo'), 'behind it')).toBe('behind it');
        expect(await isAcknowledged('romeo')).toBe(false);
        commit();
        await inTime(acknowledged('romeo'), 'the acknowledgement', contract.patience);
        await rig.outcome(behind);
      }),
  },
  {
    name: 'an event that the network repeats has the same ids or is not told again',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await rig.enter();
        await journalOf(rig).repeat();
        await rig.wire.say('twice');
        await rig.wire.say('after');
        await rig.told('after');
        const told = rig.drafts.filter((one) => one.kind === 'message' && one.text === 'twice');
        if (told.length > 1) for (const { ids } of told) expect(ids, 'a repeat can be recognised').toBeDefined();
        expect(new Set(told.map(({ ids }) => String(ids))).size).toBe(1);
      }),
  },
  {
    name: 'events that overtake each other are told in order',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await rig.enter();
        await journalOf(rig).reorder();
        for (const text of ['one', 'two', 'three']) await rig.wire.say(text);
        await rig.told('three');
        expect(messages(rig)).toEqual(['one', 'two', 'three']);
      }),
  },
];
