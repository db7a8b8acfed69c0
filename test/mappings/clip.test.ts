import { expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { matrix } from '#mappings/matrix.ts';
import { measure } from '#mappings/split.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import type { MessageId } from '#src/model/ids.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

const place = { kind: 'contact', account: accountKey('a@x.example' as BareJid, 'n.example'), id: 'p' } as const;
const from = { kind: 'network', id: 'p' } as const;
const draft = (body: EventBody): Draft => ({ place, from, ...body });
const target = 'id' as MessageId;
const long = '"<&'.repeat(20_000);
const side = inward(matrix);
const { aside = 0 } = side.text;

it.each<[string, EventBody]>([
  ['text', { kind: 'topic', text: long }],
  ['text', { kind: 'room', change: 'destroyed', text: long }],
  ['status', { kind: 'presence', show: 'away', status: long }],
  ['reason', { kind: 'invite', room: 'r', reason: long }],
  ['subject', { kind: 'message', text: 'x', style: 'plain', subject: long }],
  ['spoiler', { kind: 'message', text: 'x', style: 'plain', spoiler: long }],
])('the %s of an event is no longer than a stanza has room for beside all else', (field, body) => {
  const [told, ...more] = degrade(draft(body), side) as unknown as Record<string, string>[];
  expect(more).toEqual([]);
  expect(told?.[field]).toMatch(/^"<&.*…$/s);
  expect(measure(told?.[field] ?? '', 'escaped')).toBeLessThanOrEqual(aside);
  const short = draft({ ...body, [field]: 'short' } as EventBody);
  expect(degrade(short, side)[0]).toMatchObject({ [field]: 'short' });
});

it('of names, reactions and mentions without end there are as many as fit', () => {
  const emoji = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
  const [set] = degrade(draft({ kind: 'reaction', target, emoji }), side, { named: true });
  expect(set?.kind === 'reaction' && set.emoji.length).toBeLessThan(100);
  const files = [{ url: 'https://x.example/f', name: 'n'.repeat(5_000), type: 't'.repeat(5_000), size: 1 }];
  const [told] = degrade(draft({ kind: 'message', text: 'x', style: 'plain', mentions: emoji, files }), side);
  expect(told).toMatchObject({ files: [{ url: 'https://x.example/f', name: 'n'.repeat(255), size: 1 }] });
  expect(told?.kind === 'message' && told.files?.[0]).not.toHaveProperty('type');
  expect(told?.kind === 'message' && told.mentions?.length).toBeLessThan(100);
});

it('a correction that is too long to be one is told in words to who cannot be refused it', () => {
  const edit = draft({ kind: 'edit', target, text: 'x'.repeat(60_000), style: 'plain' });
  const told = degrade(edit, side);
  expect(told.map(({ kind }) => kind)).toEqual(['message', 'message']);
  expect(told[0]).toMatchObject({ text: expect.stringMatching(/^\* x/) });
  expect(() => degrade(edit, outward(matrix))).toThrow('too long for a correction');
});
