import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lead, summaryOf } from '#bridges/irc/wire/duplicates.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { enter, type Rig, rig } from '../harness.ts';

const seen = (key: string) => ({ key, id: undefined, text: key });
const plain = (text: string) => `:Nurse!n@host.fake PRIVMSG #c :${text}`;
const named = (text: string, id: number) => `@msgid=m${id} ${plain(text)}`;
const texts = (gw: Rig) => gw.told('shared').flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []));

/** Romeo is the primary of #c, Juliet is in it too. */
async function pair() {
  const opened = new AsyncDisposableStack();
  const server = opened.use(await ircServer({ serve: true }));
  const gw = opened.use(await rig(server));
  const romeo = await enter(gw, server, 'romeo');
  const juliet = await enter(gw, server, 'juliet');
  gw.told('shared');
  return { gw, romeo, juliet, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const lost = (gw: Rig) => gw.when(() => gw.states.some(({ state }) => state.kind === 'lost'));

describe('the line of the primary connection of a channel breaks', () => {
  const kinds = [
    { name: 'by the text', line: plain, said: ['one', 'two', 'three', 'four'] },
    { name: 'by msgid', line: named, said: ['ha', 'ha', 'ha', 'ha'] },
  ];
  for (const { name, line, said } of kinds) {
    const lines = said.map(line);

    it(`${name}: the next was ahead, and tells what it had dropped`, async () => {
      await using it = await pair();
      it.juliet.far.send(...lines);
      await it.juliet.far.sync();
      it.romeo.far.send(...lines.slice(0, 1));
      await it.romeo.far.sync();
      it.romeo.far.kill();
      await lost(it.gw);
      expect(texts(it.gw)).toEqual(said);
    });

    it(`${name}: the next was behind, and skips what was told`, async () => {
      await using it = await pair();
      it.romeo.far.send(...lines.slice(0, 3));
      await it.romeo.far.sync();
      it.juliet.far.send(...lines.slice(0, 1));
      await it.juliet.far.sync();
      it.romeo.far.kill();
      await lost(it.gw);
      it.juliet.far.send(...lines.slice(1));
      await it.juliet.far.sync();
      expect(texts(it.gw)).toEqual(said);
    });
  }

  it('in the middle of a burst, with lines unread', async () => {
    await using it = await pair();
    const burst = Array.from({ length: 200 }, (_, number) => `line ${number}`);
    it.romeo.far.send(...burst.slice(0, 50).map(plain));
    it.juliet.far.send(...burst.slice(0, 120).map(plain));
    it.romeo.far.send(...burst.slice(50).map(plain));
    it.romeo.far.kill();
    await lost(it.gw);
    it.juliet.far.send(...burst.slice(120).map(plain));
    await it.juliet.far.sync();
    expect(texts(it.gw)).toEqual(burst);
  });

  it('its quit was read by the next, which spoke from then on', async () => {
    await using it = await pair();
    it.juliet.far.send(plain('one'), plain('two'), ':romeo!u@host.fake QUIT :gone', plain('three'));
    await it.juliet.far.sync();
    it.romeo.far.send(plain('one'));
    await it.romeo.far.sync();
    it.romeo.far.kill();
    await lost(it.gw);
    it.juliet.far.send(plain('four'));
    await it.juliet.far.sync();
    expect(texts(it.gw).sort()).toEqual(['four', 'one', 'three', 'two']);
  });

  it('who came while the next was behind is told of once', async () => {
    await using it = await pair();
    const lines = [plain('one'), ':Paris!p@host.fake JOIN #c', plain('two')];
    it.romeo.far.send(...lines);
    await it.romeo.far.sync();
    it.romeo.far.kill();
    await lost(it.gw);
    it.juliet.far.send(...lines, plain('three'));
    await it.juliet.far.sync();
    const told = it.gw.told('shared');
    expect(told.filter(({ kind }) => kind === 'occupant')).toHaveLength(1);
    expect(told.flatMap((draft) => (draft.kind === 'message' ? [draft.text] : []))).toEqual(['one', 'two', 'three']);
  });
});

describe('what two connections have read', () => {
  it('is aligned where they overlap', () => {
    const bounds = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(bounds, ([fromTold, toTold, fromRead, toRead]) => {
        fc.pre(Math.max(fromTold, fromRead) < Math.min(toTold, toRead));
        const all = Array.from({ length: 30 }, (_, number) => seen(String(number)));
        expect(lead(all.slice(fromRead, toRead), all.slice(fromTold, toTold))).toBe(toRead - toTold);
      }),
    );
  });

  it('is all new where nothing is shared', () => {
    expect(lead([seen('a'), seen('b')], [])).toBe(2);
    expect(lead([], [seen('a')])).toBe(0);
    expect(lead([seen('b')], [seen('a')])).toBe(1);
  });

  it('is recognised without parsing', () => {
    expect(summaryOf('@time=x;msgid=abc :n!u@h PRIVMSG #c :hi')).toMatchObject({ key: 'abc', nick: 'n', target: '#c' });
    expect(summaryOf('@time=x :n!u@h NOTICE #c :hi')).toMatchObject({ key: ':n!u@h NOTICE #c :hi', nick: 'n' });
    expect(summaryOf(':irc.example PRIVMSG #c :a!b')).toMatchObject({ nick: 'irc.example', target: '#c' });
    for (const other of ['PING :x', ':n!u@h JOIN #c', ':n PRIVMSG', ':n PRIVMSG #c', '@a', ':', '', 'PRIVMSG #c :x'])
      expect(summaryOf(other)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void summaryOf(text)));
  });
});
