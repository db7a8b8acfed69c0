import { describe, expect, it } from 'vitest';
import { digestOf } from '#mappings/digest.ts';
import { openDigests } from '#src/core/people/digests.ts';
import type { Event } from '#src/model/event.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { handClock } from '../../hand-clock.ts';

const account = accountKey('romeo@a.example' as BareJid, 'net.example');
const place: Place = { kind: 'contact', account, id: 'mercutio' };
const DAY = 86_400_000;

let count = 0;
const event = (body: object): Event =>
  ({
    id: `e${++count}` as EventId,
    at: 60_000 * count,
    place,
    from: { kind: 'network', id: 'mercutio' },
    live: true,
    ...body,
  }) as Event;
const said = (text: string, more: object = {}): Event => event({ kind: 'message', style: 'plain', text, ...more });
const textOf = ({ event: one }: { event: Event }) => ('text' in one ? one.text : one.kind);

async function opened(chosen = true, from = true) {
  const clock = handClock();
  const back: string[] = [];
  const digests = openDigests({
    store: {
      settings: {
        naming: async () => (chosen ? [{ account, scope: 'account', subject: '', values: { digest: true } }] : []),
      },
      contacts: {
        of: async () => [{ id: '', name: null, to: false, from, pendingIn: false, pendingOut: false, owed: [] }],
      },
    },
    clock,
  } as unknown as Parameters<typeof openDigests>[0]);
  digests.listen((one) => void back.push(one));
  await digests.load();
  const row = (one = said('x'), at = clock.now()) =>
    ({ owed: { way: 'in', event: one, to: [{ jid: 'romeo@a.example' }] }, account, at }) as Parameters<
      typeof digests.holds
    >[0];
  return { clock, digests, back, row };
}

describe('what waits for who is away', () => {
  it('waits from the start until they are seen, and for who does not come no longer than two days', async () => {
    const { clock, digests, back, row } = await opened();
    expect(digests.holds(row(), 1)).toBe(true);
    expect(digests.joins(row())).toBe(false);
    const early = row();
    clock.advance(2 * DAY);
    await Promise.resolve();
    expect(back).toEqual([account]);
    expect(digests.holds(early, 1)).toBe(false);
    expect(digests.joins(early)).toBe(true);
    clock.advance(1);
    expect(digests.holds(row(), 1)).toBe(true);
    digests.noticed(account, 'available');
    expect(digests.holds(row(), 1)).toBe(false);
  });

  it('does not wait for who has not chosen it, or whose presence is not seen', async () => {
    expect((await opened(false)).digests.holds((await opened(false)).row(), 1)).toBe(false);
    const { digests, row } = await opened(true, false);
    expect(digests.holds(row(), 1)).toBe(false);
  });

  it('is never more than a hundred in a conversation', async () => {
    const { clock, digests, row } = await opened();
    const first = row();
    expect(digests.holds(first, 99)).toBe(true);
    expect(digests.holds(first, 100)).toBe(false);
    clock.advance(1);
    expect(digests.holds(row(), 1)).toBe(true);
  });

  it('goes when they do not want it to wait any more, and when they are removed', async () => {
    const { digests, back, row } = await opened();
    digests.took(account, { language: 'de' });
    expect(digests.holds(row(), 1)).toBe(true);
    digests.took(account, { digest: false });
    await Promise.resolve();
    expect(digests.holds(row(), 1)).toBe(false);
    digests.took(account, { digest: true });
    digests.noticed(account, 'dnd');
    expect(digests.holds(row(), 1)).toBe(true);
    digests.forget(account);
    await Promise.resolve();
    expect(back).toHaveLength(2);
  });

  it('is what is said to a person and nothing else', async () => {
    const { digests, row } = await opened();
    for (const kind of ['presence', 'typing', 'contact', 'receipt'])
      expect(digests.holds(row(event({ kind })), 1)).toBe(false);
    expect(digests.holds(row(event({ kind: 'message', place: { kind: 'room', account, id: 'r' } })), 1)).toBe(false);
    expect(digests.holds({ ...row(), owed: { way: 'receipt' } } as ReturnType<typeof row>, 1)).toBe(false);
  });
});

describe('a digest', () => {
  it('is one message with all that was said, with what each had beside its text', () => {
    const one = said('When?', { subject: 'Dinner', markable: true });
    const two = said('', { files: [{ url: 'https://a.example/map.png', name: 'map.png', size: 70 }] });
    const told = digestOf([one, two], 'de');
    expect(told).toHaveLength(1);
    expect(told[0]?.event).toMatchObject({ id: two.id, kind: 'message', markable: true, lang: 'de' });
    expect(told[0]?.of).toEqual([one.id, two.id]);
    expect(told.map(textOf)[0]).toMatch(
      /^\[Während Ihrer Abwesenheit: 2 Nachrichten\]\n\n1970-01-01 0\d:\d\d UTC: Dinner\nWhen\?\n\n.* UTC: https:\/\/a.example\/map.png \(map.png, .*\)$/,
    );
    expect(told[0]?.event).not.toHaveProperty('files');
  });

  it('tells one as it is, and of what was taken back nothing', () => {
    const [one, two] = [said('a'), said('b')];
    const edit = event({ kind: 'edit', target: one.id, text: 'c' });
    const away = event({ kind: 'retract', target: two.id });
    expect(digestOf([one, two, edit, away], 'en').map(({ event: told }) => told)).toEqual([{ ...one, text: 'c' }]);
    const other = event({ kind: 'edit', target: 'before', text: 'd' });
    expect(digestOf([one, other], 'en').map(textOf)).toEqual(['a', 'd']);
  });

  it('is several where it would be too long', () => {
    const many = Array.from({ length: 120 }, (_, n) => said(`text ${n}`));
    expect(digestOf(many, 'en').map(({ of }) => of.length)).toEqual([50, 50, 20]);
    const long = Array.from({ length: 3 }, () => said('x'.repeat(10_000)));
    expect(digestOf(long, 'en').map(({ of }) => of.length)).toEqual([1, 1, 1]);
  });
});
