import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addresses } from '#bridges/irc/addresses.ts';
import { resolve } from '#bridges/irc/questions/resolve.ts';
import { Failure } from '#src/model/failure.ts';

const several = { addresses: addresses(null), realms: ['irc.a.example', 'irc.b.example'] };
const one = { addresses: addresses(null), realms: ['irc.a.example'] };
const fixed = { addresses: addresses('irc.a.example'), realms: ['irc.a.example'] };

describe('what people write for an address', () => {
  it.each([
    ['juliet on irc.b.example', 'juliet%irc.b.example'],
    ['  Juliet ON IRC.B.example ', 'juliet%irc.b.example'],
    ['juliet@irc.b.example', 'juliet%irc.b.example'],
    ['juliet%irc.b.example', 'juliet%irc.b.example'],
    ['#verona@irc.b.example', '#verona%irc.b.example'],
    ['#verona on irc.b.example', '#verona%irc.b.example'],
    ['irc://irc.b.example/verona', '#verona%irc.b.example'],
    ['ircs://irc.b.example:6697/%23verona', '#verona%irc.b.example'],
    ['irc://irc.b.example/juliet,isnick', 'juliet%irc.b.example'],
  ])('%s', (text, id) => {
    expect(resolve(text, several)).toBe(id);
  });

  it('a name alone is enough where there is one server', () => {
    expect(resolve('Juliet', one)).toBe('juliet%irc.a.example');
    expect(resolve('#Verona', fixed)).toBe('#verona');
    expect(resolve('juliet on irc.a.example', fixed)).toBe('juliet');
    expect(() => resolve('juliet', several)).toThrow('on which server');
  });

  it.each([
    '',
    'a b',
    '#a,#b on irc.b.example',
    '#a\r\nQUIT on irc.b.example',
    'irc://h/%ff',
    '$*@irc.b.example',
    'x on y on z',
  ])('is refused: %j', (text) => {
    expect(() => resolve(text, one)).toThrow(Failure);
  });

  it('becomes an address that is read as itself, or a failure', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(several, one, fixed), (text, where) => {
        try {
          const id = resolve(text, where);
          expect(where.addresses.format(where.addresses.fold(where.addresses.parse(id)))).toBe(id);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
