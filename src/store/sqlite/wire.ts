import type { Result, Statement, Unit, UnitOutcome, UnitResult, Value } from '#src/store/unit.ts';

/**
 * A group of units as one thread gives it to the other: one flat list, and the text of a statement only once. `texts`
 * are known from number `first` on. In the list: for each unit the number of its statements, then of each of them the
 * number of its text, its guard (or ANY), the number of its parameters, and these.
 */
export type PackedUnits = {
  readonly first: number;
  readonly texts: readonly string[];
  readonly list: readonly Value[];
};

/** An outcome: how many rows each statement has changed, where none has returned any. */
export type PackedOutcome = readonly number[] | UnitOutcome;

const ANY = -1;
/** Texts that are remembered. Those of a program are fewer. */
const MOST_TEXTS = 1000;

export type Packer = {
  pack(units: readonly Unit[]): PackedUnits;
  /** The other side may not have got the last group. */
  forget(): void;
};

export function openPacker(): Packer {
  const numbers = new Map<string, number>();

  function put(list: Value[], texts: string[], { sql, params, expect = 'any' }: Statement): void {
    let number = numbers.get(sql);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(sql, number);
      texts.push(sql);
    }
    list.push(number, expect === 'any' ? ANY : expect, params.length);
    for (const param of params) list.push(param);
  }

  return {
    pack(units) {
      if (numbers.size >= MOST_TEXTS) numbers.clear();
      const first = numbers.size;
      const texts: string[] = [];
      const list: Value[] = [];
      for (const unit of units) {
        list.push(unit.length);
        for (const statement of unit) put(list, texts, statement);
      }
      return { first, texts, list };
    },
    forget: () => numbers.clear(),
  };
}

/** The other end of a packer: hands out what it packed, in the order in which it did. */
export function openUnpacker(): (packed: PackedUnits) => Unit[] {
  let known: string[] = [];
  return ({ first, texts, list }) => {
    known = [...known.slice(0, first), ...texts];
    const units: Unit[] = [];
    let at = 0;
    const number = (): number => Number(list[at++]);
    const statement = (): Statement => {
      const sql = known[number()] ?? '';
      const expect = number();
      const end = number() + at;
      const params = list.slice(at, end);
      at = end;
      return { sql, params, expect: expect === ANY ? 'any' : expect };
    };
    while (at < list.length) units.push(Array.from({ length: number() }, statement));
    return units;
  };
}

export function packOutcome(outcome: UnitOutcome): PackedOutcome {
  if ('failure' in outcome || outcome.results.some(({ rows }) => rows.length > 0)) return outcome;
  return outcome.results.map(({ changed }) => changed);
}

export const unpackResults = (changed: readonly number[]): UnitResult =>
  changed.map((each): Result => ({ rows: NONE, changed: each }));

const NONE: Result['rows'] = [];
