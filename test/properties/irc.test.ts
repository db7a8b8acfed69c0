import fc from 'fast-check';
import framework from 'irc-framework';
import { describe, expect, it } from 'vitest';
import { addresses } from '#bridges/irc/addresses.ts';
import type { Channels } from '#bridges/irc/channels/channel.ts';
import { STEPS, type StepChannels } from '#bridges/irc/channels/channel-state.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { decode } from '#bridges/irc/wire/decode.ts';
import { encode } from '#bridges/irc/wire/encode.ts';
import { Encodings } from '#bridges/irc/wire/encodings.ts';
import { defaultIsupport, stepIsupport } from '#bridges/irc/wire/isupport.ts';
import { line } from '#bridges/irc/wire/line.ts';
import { LineReader } from '#bridges/irc/wire/line-reader.ts';
import { parseModes } from '#bridges/irc/wire/modes.ts';
import { cleanNick, foldName, nextNick } from '#bridges/irc/wire/names.ts';
import { asSent } from '#mappings/degrade.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import { irc as mapping } from '#mappings/irc.ts';
import { duration } from '#src/lib/time/duration.ts';
import type { Address } from '#src/model/address.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, BareJid, EventId } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';

const steps: ReadonlyMap<string, StepChannels> = new Map(Object.entries(STEPS));

const view: ServerView = {
  transport: 'irc.gw',
  account: 'a@b irc.gw' as AccountKey,
  realm: 'net',
  addresses: addresses(null),
  nick: 'romeo',
  mask: undefined,
  isupport: defaultIsupport,
  caps: new Map(),
  clockOffset: 0,
  now: () => 0,
  ours: () => undefined,
  room: () => undefined,
  fold: foldName,
  id: foldName,
  spelled: (name) => name,
  knows: () => true,
  isPrimary: () => true,
};

/** Text with what is dangerous on IRC in it more often than by chance. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\r', '\n', '\0', ' ', ',', ':', '%', '#', '\u0001', '@', '!', '[', 'ß', '😀'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

/** Runs what may fail only in the known way. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return undefined;
  }
}

describe('addresses', () => {
  const free = addresses(null);
  const fixed = addresses('Irc.Example');

  it('read anything or fail in words, and what was read is written as it was meant', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.tuple(text, fc.constantFrom('net', 'irc.example', 'a..b', '')).map((pair) => pair.join('%')),
        ),
        (local) => {
          for (const all of [free, fixed]) {
            const address = attempt(() => all.parse(local));
            if (!address) continue;
            expect(all.parse(all.format(address))).toEqual(address);
            expect(all.fold(all.fold(address))).toEqual(all.fold(address));
            expect(all.parse(all.format(all.fold(address)))).toEqual({
              ...all.fold(address),
              realm: all === fixed ? 'Irc.Example' : all.fold(address).realm,
            });
          }
        },
      ),
    );
  });

  it('two never share a local part', () => {
    const name = fc.constantFrom(
      'a',
      'b%irc.example',
      'irc.example',
      '#c',
      '#c%irc.example',
      '#c%irc.example%irc.example',
      'IRC.example',
    );
    const address = name.map(
      (one): Address => ({ kind: one.startsWith('#') ? 'room' : 'contact', realm: 'Irc.Example', name: one }),
    );
    fc.assert(fc.property(address, (one) => void expect(fixed.parse(fixed.format(one))).toEqual(one)));
  });

  it.each([
    '',
    '%',
    '#c',
    'nick',
    'a b%net',
    'a,b%net',
    ':a%net',
    'a\u0007%net',
    '%net',
    '#c%',
    '#c%a b',
    `${'x'.repeat(201)}%net`,
    '@#ops%net',
    '$*%net',
  ])('%j is malformed', (local) => {
    if (local === 'nick') return expect(free.parse(local)).toMatchObject({ kind: 'realm' });
    expect(() => free.parse(local)).toThrow(expect.objectContaining({ code: 'jid-malformed' }));
  });

  it.each([
    ['#c%d%net', { kind: 'room', name: '#c%d', realm: 'net' }],
    ['nick%net', { kind: 'contact', name: 'nick', realm: 'net' }],
    ['irc.libera.chat', { kind: 'realm', name: '', realm: 'irc.libera.chat' }],
  ])('%s is read', (local, address) => expect(free.parse(local)).toEqual(address));

  it('folds as rfc1459 does', () => expect(foldName('Foo[]\\~Ä')).toBe('foo{}|^Ä'));
});

describe('encode', () => {
  const place = fc.oneof(
    fc
      .tuple(text, fc.constantFrom('net', 'other'))
      .map(([name, realm]) => ({ kind: 'shared', transport: 'irc.gw', id: `${name}%${realm}` }) as const),
    text.map((name) => ({ kind: 'contact', account: view.account, id: `${name}%net` }) as const),
  );
  const who = { id: 'x', nick: 'x', affiliation: 'none', role: 'none' } as const;
  const body = fc.oneof(
    fc.record({
      kind: fc.constant('message' as const),
      text: fc.oneof(text, fc.string({ minLength: 300, maxLength: 600, unit: 'binary' })),
      style: fc.constantFrom('plain' as const, 'action' as const, 'notice' as const),
    }),
    fc.record({ kind: fc.constant('topic' as const), text }),
    fc.record({ kind: fc.constant('nick' as const), wanted: text }),
    fc.record({
      kind: fc.constant('occupant' as const),
      change: fc.constantFrom('join' as const, 'leave' as const),
      who: fc.constant(who),
      reason: text,
      password: text.map((key) => new Sealed(key)),
    }),
  );

  it('yields one line of at most 512 bytes, or fails in words', () => {
    fc.assert(
      fc.property(place, body, (where, what) => {
        const event = {
          id: '1' as EventId,
          at: 0,
          live: true,
          place: where,
          from: { kind: 'xmpp', bare: 'a@b' as BareJid },
          ...what,
        } as Event;
        const wire = attempt(() => encode(event, view));
        if (!wire) return;
        expect(wire.line).not.toMatch(/[\r\n\0]/);
        expect(Buffer.byteLength(wire.line)).toBeLessThanOrEqual(510);
        expect(wire.line).toMatch(/^(PRIVMSG|NOTICE|TOPIC|NICK|JOIN|PART) [^ ,:][^ ,]*( |$)/);
      }),
      { numRuns: 2000 },
    );
  });

  it('makes lines that read back as they were meant', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('PRIVMSG', 'KICK'),
        fc.array(text, { maxLength: 3 }),
        fc.option(text, { nil: undefined }),
        (command, middle, trailing) => {
          const made = attempt(() => line(command, middle, trailing));
          if (made === undefined) return;
          const read = framework.ircLineParser(made);
          expect({ command: read.command, params: read.params }).toEqual({
            command,
            params: trailing === undefined ? middle : [...middle, trailing],
          });
        },
      ),
    );
  });
});

/** What a connection in #c tells after these lines, as XMPP reads it. */
function texts(lines: readonly string[]): string[] {
  const rooms: Channels = new Map();
  let facts = view;
  const drafts = [':romeo!u@h JOIN #c', ...lines].flatMap((raw) => {
    const parsed = framework.ircLineParser(raw);
    if (parsed.command === '005') facts = { ...facts, isupport: stepIsupport(facts.isupport, parsed.params) };
    return steps.get(parsed.command)?.(rooms, parsed, facts).drafts ?? decode(parsed, facts);
  });
  return drafts.flatMap((draft) =>
    draft.kind === 'message' || draft.kind === 'topic' ? [asSent(draft, mapping.facts).text] : [],
  );
}

describe('reading', () => {
  const command = fc.constantFrom(
    ...'PRIVMSG NOTICE JOIN PART KICK QUIT NICK MODE TOPIC INVITE WALLOPS 001 005 332 333 353 366 401 470 999'.split(
      ' ',
    ),
  );
  const param = fc.oneof(
    fc.constantFrom('#c', 'romeo', 'a', '+ov-k', '=', '\u0001ACTION x\u0001', '@a +b c!d@e', '1700000000'),
    text.map((one) => one.replace(/[\r\n\0]/g, '')),
  );
  const wire = fc
    .tuple(
      fc.constantFrom('', ':romeo!u@h ', ':a!b@c ', ':irc.net ', '@time=x;a= :b '),
      command,
      fc.array(param, { maxLength: 5 }),
    )
    .map(([prefix, name, params]) => `${prefix}${name} ${params.join(' ')}`);

  it('never throws, and leaves no control characters', () => {
    fc.assert(
      fc.property(fc.array(wire, { maxLength: 30 }), (lines) => {
        for (const told of texts(lines)) expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
      }),
    );
  });

  it('cuts lines the same whatever the segments', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), (bytes, cuts) => {
        const whole: string[] = [];
        const parts: string[] = [];
        new LineReader(new Encodings({ in: 'windows-1252', out: '' }, (name) => name)).push(Buffer.from(bytes), (one) =>
          whole.push(one),
        );
        const reader = new LineReader(new Encodings({ in: 'windows-1252', out: '' }, (name) => name));
        const points = [0, ...cuts.sort((a, b) => a - b), bytes.length].map((point) => Math.min(point, bytes.length));
        for (const [index, point] of points.entries())
          reader.push(Buffer.from(bytes.subarray(points[index - 1] ?? 0, point)), (one) => parts.push(one));
        expect(parts).toEqual(whole);
        for (const one of whole) expect(one).not.toMatch(/[\r\n\0]/);
      }),
    );
  });

  it('a character that the server cut at the end is left out', () => {
    const lines: string[] = [];
    const bytes = Buffer.from(`:a PRIVMSG #c :ß${'x'.repeat(490)}😀`);
    for (let cut = 1; cut <= 3; cut++)
      new LineReader(new Encodings({ in: 'windows-1252', out: '' }, (name) => name)).push(
        Buffer.concat([bytes.subarray(0, -cut), Buffer.from('\r\n')]),
        (one) => lines.push(one),
      );
    expect(new Set(lines)).toEqual(new Set([`:a PRIVMSG #c :ß${'x'.repeat(490)}`]));
  });

  it('formatting leaves plain text', () => {
    fc.assert(fc.property(text, (one) => void expect(stripFormatting(one)).not.toMatch(/[\u0000-\u001f\u007f]/)));
    expect(
      stripFormatting(
        '\u0002b\u0002 \u000304,12red\u0003 \u00031,x \u0004ff0000hex\u0004 \u001di\u001d\u001fu\u001f\u001es\u001e\u0011m\u0011\u0016r\u0016\u000f\tend',
      ),
    ).toBe('b red ,x hex iusmr end');
  });
});

describe('modes', () => {
  it('go by arity', () => {
    expect(parseModes(['+vo-b+k', 'a', 'b', 'c', 'd'], defaultIsupport)).toEqual([
      { set: true, mode: 'v', param: 'a' },
      { set: true, mode: 'o', param: 'b' },
      { set: false, mode: 'b', param: 'c' },
      { set: true, mode: 'k', param: 'd' },
    ]);
    expect(parseModes(['-l+lmo', '5', 'a'], defaultIsupport)).toEqual([
      { set: false, mode: 'l' },
      { set: true, mode: 'l', param: '5' },
      { set: true, mode: 'm' },
      { set: true, mode: 'o', param: 'a' },
    ]);
    expect(parseModes(['+b'], defaultIsupport)).toEqual([{ set: true, mode: 'b' }]);
    const redefined = stepIsupport(defaultIsupport, ['me', 'PREFIX=(Yo)!@', 'CHANMODES=v,b,,k', 'are supported']);
    expect(parseModes(['+vYkb', 'list', 'nick', 'always'], redefined).map(({ param }) => param)).toEqual([
      'list',
      'nick',
      undefined,
      'always',
    ]);
  });
});

describe('names', () => {
  it('any wish becomes a legal nick, and so does each thing tried after it', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), fc.boolean(), (wish, attempt, illegal) => {
        const nick = cleanNick(wish);
        for (const one of [nick, nextNick(nick, attempt, illegal)])
          expect(one).toMatch(/^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,29}$/);
      }),
    );
    expect(nextNick('romeo', 10, false)).toBeUndefined();
    expect(cleanNick('José García')).toBe('Jose_Garcia');
  });

  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    [15, 15_000],
    ['1.5s', 1500],
    ['soon', undefined],
    [-1, undefined],
  ])('the duration %s', (value, ms) => expect(duration(value)).toBe(ms));
});
