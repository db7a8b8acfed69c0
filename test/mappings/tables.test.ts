import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advertised } from '#mappings/advertised.ts';
import { deliveryOf } from '#mappings/delivery.ts';
import { renderFeatures } from '#mappings/features.ts';
import { laddersOf, rungsOf } from '#mappings/ladders.ts';
import { choose, operatorChoice, overrideSchema } from '#mappings/overrides.ts';
import { durabilityOf } from '#mappings/targets.ts';
import { xmpp } from '#mappings/xmpp.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';
import type { Chosen } from '#src/model/capabilities.ts';
import { pigeon } from '../invented/mapping.ts';

const definitions = (await Promise.all((await bridgeKinds()).map(findBridge))).filter((found) => found !== undefined);
const mappings = [['xmpp', xmpp] as const, ...definitions.map(({ kind, mapping }) => [kind, mapping] as const)];

describe.each(mappings)('the table of %s', (_, mapping) => {
  const ladders = [...laddersOf(mapping.policy.out), ...laddersOf(mapping.policy.in)];

  it('has a rung for every default, and each rung says what it does', () => {
    for (const [feature, ladder] of ladders) {
      expect(
        rungsOf(ladder).map(([name]) => name),
        feature,
      ).toContain(ladder.default);
      for (const [, { does }] of rungsOf(ladder)) expect(does, feature).not.toBe('');
    }
  });

  it('ends every ladder with a rung that needs nothing', () => {
    for (const [feature, ladder] of ladders) expect(rungsOf(ladder).at(-1)?.[1].keeps, feature).toBeFalsy();
  });

  it('holds durable only what is named', () => {
    expect(durabilityOf(mapping.facts, 'out', 'shared', 'typing')).toBe('memory');
  });
});

it('gives up what is owed when the page on reliability says, and tells of a delay before', () => {
  const [minute, hour] = [60_000, 3_600_000];
  const times = mappings.map(([kind, { facts }]) => [kind, deliveryOf(facts).expiry, deliveryOf(facts).told]);
  expect(times).toEqual(
    expect.arrayContaining([
      ['sms', 4 * hour, 15 * minute],
      ['email', 5 * 24 * hour, 4 * hour],
      ['matrix', 24 * hour, 15 * minute],
    ]),
  );
});

describe('what is advertised', () => {
  const ofKind = (kind: string) => {
    const found = definitions.find((one) => one.kind === kind);
    if (!found) throw new Error(`there is no table for ${kind}`);
    return found.mapping;
  };
  it('is what a rung makes something of', () => {
    const words = ['reply', 'file', 'spoiler', 'mention'];
    const all = ['edit', 'retract', 'reaction', ...words, 'typing'];
    expect(advertised(ofKind('irc'), {})).toMatchObject({
      contact: all,
      room: all,
      unseen: [],
    });
    expect(advertised(ofKind('irc'), { edit: 'drop', reaction: 'line', reply: 'drop', file: 'refuse' })).toMatchObject({
      contact: ['retract', 'reaction', 'spoiler', 'mention', 'typing'],
      room: ['edit', 'retract', 'reaction', 'reply', 'spoiler', 'mention', 'typing'],
      unseen: ['edit', 'reply'],
    });
    expect(advertised(ofKind('sms'), {}).contact).toEqual(['edit', 'reply', 'file', 'spoiler']);
    expect(advertised(ofKind('sms'), { edit: 'refuse' }).contact).toEqual(['reply', 'file', 'spoiler']);
  });

  it('is all of it where the network carries all of it', () => {
    const { contact, room, unseen } = advertised(pigeon, {});
    expect(contact).toContain('typing');
    expect(contact).toContain('marker');
    expect(contact).toContain('reaction');
    expect(room).toEqual(contact);
    expect(unseen).toEqual([]);
  });
});

describe('overrides', () => {
  const [definition] = definitions.filter(({ kind }) => kind === 'irc');
  if (!definition) throw new Error('there is no table for IRC');
  const { mapping } = definition;
  const table = mapping.policy.out;
  const schema = overrideSchema(mapping);

  it('take the rungs of the table and nothing else', () => {
    expect(
      schema.safeParse({ reaction: 'drop', edit: 'substitute', in: { notice: 'plain' }, fixed: ['edit'] }).success,
    ).toBe(true);
    expect(schema.safeParse({ in: null }).success).toBe(true);
    for (const wrong of [
      { reaction: 'shout' },
      { reactoin: 'drop' },
      { in: { typing: 'line' } },
      { fixed: ['x'] },
      { call: 'refuse' },
    ])
      expect(schema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  });

  it('go by conversation, account, operator', () => {
    const operator = operatorChoice(schema.parse({ reaction: 'drop' }), 'out');
    const none: Chosen = {};
    expect(choose(table, operator, none, none)).toEqual({ reaction: 'drop' });
    expect(choose(table, operator, { reaction: 'line' })).toEqual({ reaction: 'line' });
    expect(choose(table, operator, { reaction: 'line' }, { reaction: 'drop', edit: 'full' })).toEqual({
      reaction: 'drop',
      edit: 'full',
    });
  });

  it('are closed to users where the operator has fixed them', () => {
    const operator = operatorChoice(schema.parse({ reaction: 'drop', fixed: ['reaction', 'edit'] }), 'out');
    expect(choose(table, operator, { reaction: 'line', edit: 'drop' })).toEqual({ reaction: 'drop' });
  });

  it('pass over names that are no longer there', () => {
    expect(choose(table, operatorChoice({}, 'out'), { reaction: 'gone' }, { edit: 'default' })).toEqual({});
  });

  it('tell directions apart', () => {
    const overrides = schema.parse({ reaction: 'drop', in: { notice: 'plain' } });
    expect(choose(xmpp.policy.in, operatorChoice(overrides, 'in'))).toEqual({ notice: 'plain' });
  });
});

describe('docs/features.md', () => {
  it('is rendered from the tables', () => {
    const committed = readFileSync(new URL('../../docs/features.md', import.meta.url), 'utf8');
    expect(renderFeatures(definitions), 'render it anew: npm run docs').toBe(committed);
  });
});
