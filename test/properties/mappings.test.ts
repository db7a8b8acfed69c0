import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { fileText } from '#mappings/files.ts';
import { irc } from '#mappings/irc.ts';
import { laddersOf, rungsOf } from '#mappings/ladders.ts';
import { cleanName } from '#mappings/names.ts';
import { carriesFile, featureOf, levelIn, parts } from '#mappings/parts.ts';
import { measure } from '#mappings/split.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Chosen, Context, Feature, Level, Target } from '#src/model/capabilities.ts';
import type { Draft, EventBody, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { xmlChars } from '#src/model/text.ts';
import { alone, inRoom } from '../mappings/drafts.ts';

/** What XML can bring: line ends, tabs, and any script, but no other control character. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('\n', ' ', ' ', '*', '_', '>', '/', '"', ':', '\t', 'a', 'Juliet', '👨‍👩‍👧‍👦', '\u202e'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 120,
  })
  .map(xmlChars);

const target = fc.constant('m1' as EventId);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** An object without the keys that were left open. */
const only = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

const file = fc.record({ url: fc.webUrl(), name: text, size: fc.nat(), type: fc.constantFrom('image/png', 'x/y') });
const message = fc
  .record({
    kind: fc.constant('message' as const),
    text,
    style: fc.constantFrom('plain', 'action', 'notice'),
    files: optional(fc.array(file, { maxLength: 3 })),
    replyTo: optional(target),
    subject: optional(text),
    thread: optional(fc.constant('t')),
    mentions: optional(fc.array(text, { maxLength: 2 })),
    form: optional(fc.record({ title: text, fields: fc.constant([]) })),
  })
  .map((one) => only(one) as Message);

const body: fc.Arbitrary<EventBody> = fc.oneof(
  { arbitrary: message, weight: 5 },
  fc.record({ kind: fc.constant('edit' as const), target, text }),
  fc.record({ kind: fc.constant('retract' as const), target, reason: text }),
  fc.record({ kind: fc.constant('reaction' as const), target, emoji: fc.array(text, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('receipt' as const),
    target,
    state: fc.constantFrom('delivered' as const, 'displayed' as const),
  }),
  fc.constant({ kind: 'typing' as const, active: true }),
  fc.constant({ kind: 'attention' as const }),
  fc.constant({ kind: 'call' as const }),
  fc.record({ kind: fc.constant('presence' as const), show: fc.constant('away' as const), status: text }),
  fc.record({ kind: fc.constant('contact' as const), action: fc.constant('subscribe' as const) }),
  fc.record({ kind: fc.constant('nick' as const), wanted: text }),
  fc.record({ kind: fc.constant('topic' as const), text }),
  fc.record({ kind: fc.constant('invite' as const), room: text }),
  fc.record({ kind: fc.constant('room' as const), change: fc.constant('renamed' as const), text }),
);
const draft: fc.Arbitrary<Draft> = fc.tuple(body, fc.boolean()).map(([one, room]) => (room ? inRoom(one) : alone(one)));

const ladders = [...laddersOf(outward(irc).ladders), ...laddersOf(inward(irc).ladders)];
const rungNames = [...new Set(ladders.flatMap(([, ladder]) => rungsOf(ladder).map(([name]) => name)))];
const features = [...new Set<Feature>([...ladders.map(([feature]) => feature), 'message', 'topic', 'action'])];

const context: fc.Arbitrary<Context> = fc
  .record({
    quote: optional(text),
    author: optional(text),
    previous: optional(text),
    fresh: optional(fc.boolean()),
    whole: optional(fc.record({ url: fc.webUrl() })),
    chosen: fc.dictionary(fc.constantFrom(...features), fc.constantFrom(...rungNames)) as fc.Arbitrary<Chosen>,
  })
  .map((one) => only(one));

/** A text without what says how it looks, and without spaces. */
const letters = (of: string): string => of.replace(/[*_~`\s\u0000-\u001f]/g, '');

/** Either table, with any level for any feature, any limit and any files. */
const anyTarget: fc.Arbitrary<Target> = fc
  .record({
    base: fc.constantFrom(outward(irc), inward(irc)),
    levels: fc.dictionary(
      fc.constantFrom(...features.filter((one) => one !== 'file' && one !== 'long')),
      fc.constantFrom<Level>('none', 'partial', 'full'),
    ),
    unit: fc.constantFrom('bytes' as const, 'escaped' as const, 'characters' as const, 'segments' as const),
    size: fc.integer({ min: 6, max: 200 }),
    lines: fc.boolean(),
    files: fc.constantFrom<Target['files']>({}, { image: 'full' }),
  })
  .map(({ base, levels, unit, size, lines, files }) => ({
    ...base,
    files,
    levels: { ...base.levels, ...levels },
    text: { ...base.text, unit, lines, size },
  }));

/** The pieces, or nothing where policy refuses. Anything but a `Failure` is a bug. */
function attempt(what: Draft, to: Target, about: Context): readonly Draft[] | undefined {
  try {
    return degrade(what, to, about);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return undefined;
  }
}

function expectCarried(piece: Message, to: Target): void {
  for (const { part, has } of parts) expect(has(piece, to) && levelIn(to.levels, part) === 'none', part).toBe(false);
  for (const one of piece.files ?? []) expect(carriesFile(to, one)).toBe(true);
  expect(measure(piece.text, to.text.unit)).toBeLessThanOrEqual(to.text.size);
  if (!to.text.lines) expect(piece.text).not.toMatch(/[\r\n]/);
}

describe('degrade', () => {
  it('yields only what the target carries, in pieces within its limits', () => {
    fc.assert(
      fc.property(draft, anyTarget, context, (what, to, about) => {
        for (const piece of attempt(what, to, about) ?? []) {
          expect(levelIn(to.levels, featureOf(piece)), piece.kind).not.toBe('none');
          if (piece.kind === 'message') expectCarried(piece, to);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(draft, anyTarget, context, (what, to, about) => {
        // What comes out is styled as the target has it.
        const out: Target = { ...to, reads: to.text.format };
        for (const piece of attempt(what, to, about) ?? []) expect(degrade(piece, out, about)).toEqual([piece]);
      }),
      { numRuns: 1000 },
    );
  });

  it('drops nothing that policy does not drop', () => {
    fc.assert(
      fc.property(draft, anyTarget, context, (what, to, { chosen: _, ...about }) => {
        const pieces = attempt(what, to, about);
        if (pieces?.length !== 0) return;
        const feature = featureOf(what);
        const dropped = (one: Feature) => {
          const ladder = laddersOf(to.ladders).find(([name]) => name === one)?.[1];
          const [last] = ladder ? rungsOf(ladder).slice(-1) : [];
          return last?.[0] === 'drop';
        };
        // A message goes as a whole only where one of its parts says so.
        const causes = what.kind === 'message' ? parts.filter(({ has }) => has(what, to)).map(({ part }) => part) : [];
        expect([feature, ...causes].some((one) => dropped(one) && levelIn(to.levels, one) !== 'full')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps every word of a message that IRC takes', () => {
    fc.assert(
      fc.property(text, (words) => {
        const pieces = attempt(inRoom<Message>({ kind: 'message', text: words, style: 'plain' }), outward(irc), {});
        const joined = pieces?.map((piece) => (piece.kind === 'message' ? piece.text : '')).join('');
        expect(letters(joined ?? '')).toBe(letters(words));
      }),
    );
  });
});

describe('encoders of text', () => {
  it('make one clean line of any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 30 }), (name, limit) => {
        const clean = cleanName(name, limit);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect([...clean].length).toBeLessThanOrEqual(limit);
        expect(cleanName(clean, limit)).toBe(clean);
      }),
    );
  });

  it('make one line of any file, with its address first and whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.nat(), (url, name, size) => {
        const told = fileText({ url: `https://a.example/${url}`, name, size });
        expect(told).toMatch(/^https:\/\/a\.example\/\S* \(.*\)$/u);
        expect(told).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
    );
  });
});
