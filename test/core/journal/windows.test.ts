import { expect, it } from 'vitest';
import { asText } from '#mappings/rungs.ts';
import type { OpenCore } from '#src/core/core.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { XmppId } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import { eventually, untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { DELIVERED, DOMAIN, mercutio, type Options, passing, play, romeo, say, table } from './journal-world.ts';

/** Reactions and corrections are texts there, and wait for those that make them void. */
const options: Options = {
  mapping: {
    facts: { ...table.facts, out: { ...table.facts.out, reaction: 'none', edit: 'none', retract: 'none' } },
    policy: {
      in: {},
      out: {
        reaction: { default: 'text', text: asText('a text', ({ emoji }) => `likes: ${emoji.join()}`), window: 10_000 },
        edit: {
          default: 'text',
          text: asText('a text', ({ text, previous }) => `${previous ?? '?'} → ${text}`),
          window: 5000,
        },
        retract: { default: 'text', text: asText('a text', () => 'taken back') },
      },
    },
  },
  deliver: () => DELIVERED,
};

let count = 0;
function about(core: OpenCore, draft: object): void {
  const id = `c${++count}` as XmppId;
  core.accept({ place: mercutio, from: { kind: 'xmpp', bare: romeo }, ...draft } as Draft, {
    ...{ stanza: 'message', from: `${romeo}/x`, to: `mercutio@${DOMAIN}`, type: 'chat', id },
  });
}
const reaction = (...emoji: string[]) => ({ kind: 'reaction', target: 'm1', emoji });
const edit = (text: string) => ({ kind: 'edit', target: 'm1', text });

const texts = (sent: readonly Event[]) => sent.map((event) => event.kind === 'message' && event.text);
/** Waits until the store has so many rows that wait, and so many that have ended. */
const owes = (store: Store, ready: number, done: number) =>
  eventually(async () => expect(await store.journal.states()).toEqual({ ready, ...(done > 0 && { done }) }));

it('holds a durable change back until it is made void, or its time is over', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), options, async ({ core, store, clock, sent, sends }) => {
    about(core, reaction('a'));
    await owes(store, 1, 0);
    clock.advance(6000);
    about(core, reaction('a', 'b'));
    await owes(store, 1, 1);
    clock.advance(3999);
    expect(sent).toEqual([]);
    clock.advance(1);
    await sends(1);
    expect(texts(sent)).toEqual(['likes: a,b']);
    await core.stop();
  });
});

it('lets nothing wait behind it, and tells of the text that the first of the corrections stood for', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), options, async ({ core, store, sent, sends }) => {
    say(core, 'm1', 'one', { receipt: false });
    await sends(1);
    for (const text of ['two', 'three']) about(core, edit(text));
    say(core, 'm2', 'next', { receipt: false });
    await sends(3);
    expect(texts(sent)).toEqual(['one', 'one → three', 'next']);
    about(core, edit('four'));
    await owes(store, 1, 4);
    about(core, { kind: 'retract', target: 'm1' });
    await sends(4);
    expect(texts(sent).slice(3)).toEqual(['taken back']);
    await core.stop();
  });
});

it('goes when its time is over after a restart, too', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), options, async ({ core, store }) => {
    about(core, reaction('a'));
    await owes(store, 1, 0);
  });
  await play(dir.file('s.db'), options, async ({ core, clock, sent, sends }) => {
    expect(sent).toEqual([]);
    clock.advance(10_000);
    await sends(1);
    expect(texts(sent)).toEqual(['likes: a']);
    await core.stop();
  });
});

it('lets messages of a burst go as one, each with an outcome of its own', async () => {
  using dir = tempFolder();
  const bursts: string[][] = [];
  const burst: Options = {
    mapping: { ...table, facts: { ...table.facts, delivery: { ...table.facts.delivery, burst: 10_000 } } },
    deliver: () => DELIVERED,
    together(events) {
      bursts.push(texts(events).map(String));
      return events.map((event) => (texts([event])[0] === 'two' ? new Failure('item-not-found') : DELIVERED));
    },
  };
  await play(dir.file('s.db'), burst, async ({ core, store, clock, told, tells }) => {
    say(core, 'm1', 'one');
    await owes(store, 1, 0);
    clock.advance(9000);
    say(core, 'm2', 'two');
    say(core, 'm3', 'three');
    await owes(store, 3, 0);
    clock.advance(1000);
    await untilTrue(() => told.length === 3);
    expect(bursts).toEqual([['one', 'two', 'three']]);
    await tells('receipt m1', 'error m2 item-not-found', 'receipt m3');
    await core.stop();
  });
});

it('lets users decide how long their messages wait for each other, where the network has them wait', async () => {
  const bursts: string[][] = [];
  const burst: Options = {
    mapping: { ...table, facts: { ...table.facts, delivery: { ...table.facts.delivery, burst: 10_000 } } },
    deliver: () => DELIVERED,
    together(events) {
      bursts.push(texts(events).map(String));
      return events.map(() => DELIVERED);
    },
  };
  using dir = tempFolder();
  await play(dir.file('none.db'), { ...burst, burst: () => 0 }, async ({ core, sent, sends }) => {
    say(core, 'm1', 'one');
    await sends(1);
    expect(texts(sent)).toEqual(['one']);
    await core.stop();
  });
  await play(dir.file('long.db'), { ...burst, burst: async () => 60_000 }, async ({ core, store, clock, told }) => {
    say(core, 'm1', 'one');
    say(core, 'm2', 'two');
    await owes(store, 2, 0);
    clock.advance(59_999);
    expect(bursts).toEqual([]);
    await passing(clock, 1, () => told.length >= 2);
    expect(bursts).toEqual([['one', 'two']]);
    await core.stop();
  });
});

it('lets nothing overtake a message of which it is still asked how long it may wait', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const asked: string[] = [];
  const asks: Options = {
    mapping: { ...table, facts: { ...table.facts, delivery: { ...table.facts.delivery, burst: 10_000 } } },
    deliver: () => DELIVERED,
    together: (events) => events.map(() => DELIVERED),
    burst: () => (asked.push('') === 1 ? promise : 0),
  };
  using dir = tempFolder();
  await play(dir.file('s.db'), asks, async ({ core, store, sent, sends }) => {
    say(core, 'm1', 'one');
    say(core, 'm2', 'two');
    await untilTrue(() => asked.length > 0);
    // What would overtake it would be in the store before this is answered.
    expect(await store.journal.states()).toEqual({});
    expect([asked.length, sent]).toEqual([1, []]);
    resolve(0);
    await sends(2);
    expect(texts(sent)).toEqual(['one', 'two']);
    await core.stop();
  });
});

it('lets messages of a burst that were kept before a restart go as one, when their time is over', async () => {
  using dir = tempFolder();
  const bursts: string[][] = [];
  const burst: Options = {
    mapping: { ...table, facts: { ...table.facts, delivery: { ...table.facts.delivery, burst: 10_000 } } },
    deliver: () => DELIVERED,
    together(events) {
      bursts.push(texts(events).map(String));
      return events.map(() => DELIVERED);
    },
  };
  await play(dir.file('s.db'), burst, async ({ core, store }) => {
    say(core, 'm1', 'one');
    say(core, 'm2', 'two');
    await owes(store, 2, 0);
  });
  await play(dir.file('s.db'), burst, async ({ core, clock, told }) => {
    expect(bursts).toEqual([]);
    await passing(clock, 10_000, () => told.length >= 2);
    expect(bursts).toEqual([['one', 'two']]);
    await core.stop();
  });
});

it('sends what has waited alone as it is, and what is left of a burst again', async () => {
  using dir = tempFolder();
  const bursts: string[][] = [];
  const burst: Options = {
    mapping: { ...table, facts: { ...table.facts, delivery: { ...table.facts.delivery, burst: 10_000 } } },
    deliver: () => DELIVERED,
    together(events) {
      bursts.push(texts(events).map(String));
      throw new Failure('queue-full');
    },
  };
  await play(dir.file('s.db'), burst, async ({ core, store, clock, sent, sends }) => {
    say(core, 'm1', 'one');
    await owes(store, 1, 0);
    clock.advance(10_000);
    await sends(1);
    for (const text of ['two', 'three']) say(core, text, text);
    // With the receipt of the first.
    await owes(store, 2, 2);
    await passing(clock, 10_000, () => bursts.length >= 2);
    expect([texts(sent), bursts.slice(0, 2)]).toEqual([
      ['one'],
      [
        ['two', 'three'],
        ['two', 'three'],
      ],
    ]);
    await core.stop();
  });
});
