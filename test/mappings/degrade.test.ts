import { describe, expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { irc } from '#mappings/irc.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import type { BareJid, EventId } from '#src/model/ids.ts';

const draft = (body: EventBody): Draft => ({
  place: { kind: 'shared', transport: 'irc.example', id: '#verona%net' },
  from: { kind: 'xmpp', bare: 'romeo@a.example' as BareJid },
  ...body,
});
const message = (text: string): Draft => draft({ kind: 'message', text, style: 'plain' });
const run = (what: Draft) => degrade(what, irc.facts, irc.policy);

describe('degrade', () => {
  it('hands on what the network carries', () => {
    const what = message('hello');
    expect(run(what)).toEqual([what]);
  });

  it('makes a message of each line and keeps all that belongs to it', () => {
    expect(run({ ...message('a\nb'), lang: 'it' })).toEqual([
      { ...message('a'), lang: 'it' },
      { ...message('b'), lang: 'it' },
    ]);
  });

  it('refuses more lines than the network takes at once', () => {
    expect(() => run(message('x\n'.repeat(51)))).toThrow('51 lines');
  });

  it('drops what policy calls harmless', () => {
    expect(run(draft({ kind: 'typing', active: true }))).toEqual([]);
  });

  it('refuses what no table names, so that nothing is lost silently', () => {
    expect(() => run(draft({ kind: 'retract', target: 'x' as EventId }))).toThrow('cannot carry');
  });
});
