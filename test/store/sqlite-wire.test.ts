import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openPacker, openUnpacker } from '#src/store/sqlite/wire.ts';
import type { Statement, Unit } from '#src/store/unit.ts';

const value = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.constant(null), fc.uint8Array());
const statement: fc.Arbitrary<Statement> = fc.record({
  sql: fc.constantFrom('select 1', 'select ?', 'delete from x'),
  params: fc.array(value, { maxLength: 4 }),
  expect: fc.oneof(fc.constant('any' as const), fc.nat(5)),
});
const group = fc.record({
  units: fc.array(fc.array(statement, { maxLength: 4 }), { maxLength: 5 }),
  lost: fc.boolean(),
});

it('hands over every group as it was, also after one that was lost', () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 6 }), (groups) => {
      const [packer, unpack] = [openPacker(), openUnpacker()];
      for (const { units, lost } of groups) {
        const packed = packer.pack(units);
        if (lost) packer.forget();
        else expect(unpack(packed)).toEqual(units);
      }
    }),
  );
});

it('sends a text once, and begins anew where there are too many', () => {
  const [packer, unpack] = [openPacker(), openUnpacker()];
  const unit = (n: number): Unit => [{ sql: `select ${n}`, params: [], expect: 'any' }];
  expect(packer.pack([unit(1), unit(1)]).texts).toEqual(['select 1']);
  packer.forget();
  for (let n = 0; n < 2500; n++) expect(unpack(packer.pack([unit(n)]))).toEqual([unit(n)]);
  expect(packer.pack([unit(2499), unit(2498)]).texts).toEqual([]);
});
