import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addresses } from '#bridges/irc/addresses.ts';
import type { Channel, ChannelMember } from '#bridges/irc/channels/channel.ts';
import { newChannelModes } from '#bridges/irc/channels/channel-modes.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { encode } from '#bridges/irc/wire/encode.ts';
import { Encodings } from '#bridges/irc/wire/encodings.ts';
import { defaultIsupport } from '#bridges/irc/wire/isupport.ts';
import type { Wire } from '#bridges/irc/wire/line.ts';
import { LineReader } from '#bridges/irc/wire/line-reader.ts';
import { foldName } from '#bridges/irc/wire/names.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, BareJid, EventId } from '#src/model/ids.ts';
import type { Affiliation, Role } from '#src/model/party.ts';

const account = 'a@b irc.gw' as AccountKey;
const place = { kind: 'shared', transport: 'irc.gw', id: '#c%net' } as const;
const person = { kind: 'contact', account, id: 'juliet%net' } as const;

const viewWith = (members: readonly ChannelMember[], prefixModes = 'qaohv'): ServerView => {
  const room: Channel = {
    name: '#c',
    place,
    joined: true,
    members: new Map(members.map((member) => [member.nick, member])),
    own: new Set(),
    topic: '',
    topicBy: undefined,
    topicAt: undefined,
    modes: newChannelModes(),
  };
  return {
    transport: 'irc.gw',
    account,
    realm: 'net',
    addresses: addresses(null),
    nick: 'romeo',
    mask: undefined,
    isupport: { ...defaultIsupport, prefixModes, modes: 20 },
    caps: new Map(),
    clockOffset: 0,
    now: () => 0,
    fold: foldName,
    id: foldName,
    spelled: (name) => name,
    knows: () => true,
    ours: () => undefined,
    room: (name) => (name === '#c' ? room : undefined),
    isPrimary: () => true,
  };
};

const wire = (body: EventBody, view: ServerView, where: Event['place'] = place): Wire =>
  encode(
    { id: '1' as EventId, at: 0, live: true, place: where, from: { kind: 'xmpp', bare: 'a@b' as BareJid }, ...body },
    view,
  );
const member = (modes: string, more: Partial<ChannelMember> = {}): ChannelMember => ({
  nick: 'x',
  modes,
  account: undefined,
  ...more,
});
const who = (role: Role) => ({ id: 'x', nick: 'x', affiliation: 'none', role }) as const;

it.each<[Affiliation, string, string, string]>([
  ['owner', '', 'qaohv', '+q x'],
  ['owner', '', 'ov', '+o x'],
  ['admin', 'qo', 'qaohv', '-q+o x x'],
  ['member', 'qaohv', 'qaohv', '-qaoh+v x x x x x'],
  ['member', '', 'ov', '+v x'],
  ['none', 'ov', 'ov', '-ov x x'],
  ['none', '', 'ov', '-v x'],
])('the affiliation %s for one with "%s" among %s is %s', (affiliation, modes, order, expected) => {
  const view = viewWith([member(modes)], order);
  expect(wire({ kind: 'affiliation', changes: [{ id: 'x', affiliation }] }, view).line).toBe(`MODE #c ${expected}`);
});

it.each<[Role, string, string, string]>([
  ['moderator', '', 'ov', '+o x'],
  ['moderator', 'v', 'hv', '+h x'],
  ['participant', 'qo', 'qaohv', '-qo+v x x x'],
  ['visitor', 'ov', 'ov', '-ov x x'],
])('the role %s for one with "%s" among %s is %s', (role, modes, order, expected) => {
  const view = viewWith([member(modes)], order);
  expect(wire({ kind: 'occupant', change: 'role', who: who(role) }, view).line).toBe(`MODE #c ${expected}`);
});

it.each<[Partial<ChannelMember>, string]>([
  [{}, 'x!*@*'],
  [{ mask: 'u@host' }, '*!*@host'],
  // All of ours come from one host.
  [{ mask: 'u@host', account }, '*!u@host'],
])('%o is banned as %s, and kicked behind that', (known, mask) => {
  const made = wire(
    { kind: 'occupant', change: 'ban', who: who('none'), reason: 'a\r\nb' },
    viewWith([member('', known)]),
  );
  expect([made.line, made.next?.line]).toEqual([`MODE #c +b ${mask}`, 'KICK #c x :a b']);
});

it('whatever is asked for is one line to that channel, or fails in words', () => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('x', 'x!*@*', '', ':x', 'a b', 'x\r\nQUIT'));
  const affiliation = fc.constantFrom<Affiliation>('owner', 'admin', 'member', 'none', 'outcast');
  const role = fc.constantFrom<Role>('moderator', 'participant', 'visitor', 'none');
  const body: fc.Arbitrary<EventBody> = fc.oneof(
    fc.record({
      kind: fc.constant('occupant' as const),
      change: fc.constantFrom('kick' as const, 'ban' as const, 'role' as const),
      who: fc.record({ id: word, nick: word, affiliation, role }),
      reason: word,
    }),
    fc.record({
      kind: fc.constant('affiliation' as const),
      changes: fc.array(fc.record({ id: word, affiliation }), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('room' as const),
      change: fc.constant('config' as const),
      answer: fc.dictionary(fc.constantFrom('moderated', 'password', 'limit', 'public'), fc.array(word)),
    }),
  );
  fc.assert(
    fc.property(body, (what) => {
      try {
        const made = wire(what, viewWith([member('o')]));
        for (const one of [made, made.next]) if (one) expect(one.line).toMatch(/^(KICK|MODE) #c( [^\r\n\0]*)?$/);
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
    }),
  );
});

it('an invitation names the person first', () => {
  expect(wire({ kind: 'invite', room: '#c%net' }, viewWith([]), person).line).toBe('INVITE juliet #c');
  expect(() => wire({ kind: 'invite', room: '#c%other' }, viewWith([]), person)).toThrow(Failure);
});

it('lines may end in LF alone', () => {
  const lines: string[] = [];
  new LineReader(new Encodings({ in: 'windows-1252', out: '' }, (name) => name)).push(
    Buffer.from(':a KICK #c b\n:a MODE #c +o b\r\n'),
    (one) => lines.push(one),
  );
  expect(lines).toEqual([':a KICK #c b', ':a MODE #c +o b']);
});

it('changes more than one line holds in several, each once the one before it is done', () => {
  const all = viewWith([]);
  const few = { ...all, isupport: { ...all.isupport, modes: 2 } };
  const changes = ['a', 'b', 'c'].map((id) => ({ id: `${id}!*@*`, affiliation: 'outcast' as const }));
  const first = wire({ kind: 'affiliation', changes }, few);
  expect([first.line, first.next?.line, first.next?.next]).toEqual([
    'MODE #c +bb a!*@* b!*@*',
    'MODE #c +b c!*@*',
    undefined,
  ]);
});
