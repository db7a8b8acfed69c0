import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPrimaries, type Primaries, type PrimaryCandidate } from '#bridges/irc/channels/primary.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

type Entry =
  | { readonly kind: 'join' | 'part'; readonly who: number }
  | { readonly kind: 'says'; readonly text: string };

const keyOf = (who: number) => accountKey(`u${who}@x.example` as BareJid, 'irc');

/** One of our connections, which reads the log of a channel at its own speed, from its JOIN to its PART. */
class Reader implements PrimaryCandidate {
  readonly account;
  readonly own = new Set<string>();
  #appearances = 0;
  looks = 0;
  readonly #who;
  readonly #came;
  #at;

  constructor(who: number, log: readonly Entry[]) {
    this.#who = who;
    this.account = keyOf(who);
    this.#came = log.findIndex((entry) => entry.kind === 'join' && entry.who === who);
    this.#at = this.#came;
    for (const entry of log.slice(0, this.#at)) this.#sees(entry);
  }

  sees(_channel: string, account: string): boolean {
    this.looks++;
    return this.own.has(account);
  }

  hides = () => false;
  appearances = () => this.#appearances;

  #sees(entry: Entry): void {
    if (entry.kind === 'join') this.own.add(keyOf(entry.who));
    if (entry.kind === 'join') this.#appearances++;
    if (entry.kind === 'part') this.own.delete(keyOf(entry.who));
  }

  /** Whether it goes with its next line though somebody is in the channel that has not read yet that it came. */
  overtakes(log: readonly Entry[], others: ReadonlySet<Reader>): boolean {
    const next = log[this.#at];
    if (next?.kind !== 'part' || next.who !== this.#who) return false;
    return [...others].some((other) => other.#came < this.#at && other.#at <= Math.max(other.#came, this.#came));
  }

  /** Reads one more line; gives what it tells, and `false` where it is out of the channel. */
  read(log: readonly Entry[], primaries: Primaries): string | boolean {
    const entry = log[this.#at++];
    if (entry === undefined) return false;
    this.#sees(entry);
    const mine = entry.kind !== 'says' && entry.who === this.#who;
    if (mine && entry.kind === 'join') primaries.joined('#c', this);
    if (mine && entry.kind === 'part') primaries.left('#c', this);
    if (mine) return entry.kind === 'join';
    if (entry.kind === 'part') primaries.isPrimary('#c', this);
    if (entry.kind !== 'says') return true;
    return primaries.received('#c', this, { key: entry.text, id: undefined, text: entry.text }) || entry.text;
  }
}

/** A log in which each of so many comes and, perhaps, goes, with something said in between. */
function logOf(count: number, steps: readonly number[]): { readonly log: readonly Entry[]; readonly heard: string[] } {
  const inside = new Set<number>();
  const before = new Set<number>();
  const log: Entry[] = [];
  const heard: string[] = [];
  for (const [index, step] of steps.entries()) {
    const who = step % count;
    if (step % 3 === 0 || (before.has(who) && !inside.has(who))) {
      if (inside.size > 0) heard.push(`line ${index}`);
      log.push({ kind: 'says', text: `line ${index}` });
    } else if (inside.delete(who)) {
      log.push({ kind: 'part', who });
    } else {
      before.add(who);
      inside.add(who);
      log.push({ kind: 'join', who });
    }
  }
  return { log, heard };
}

describe('connections that read a channel at different speeds', () => {
  it('tell each line once, whoever comes and goes meanwhile', () => {
    const runs = fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.nat(1000), { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.nat(100)),
    );
    fc.assert(
      fc.property(runs, ([count, steps, order]) => {
        const { log, heard } = logOf(count, steps);
        const primaries = openPrimaries();
        const all = Array.from({ length: count }, (_, who) => who).filter((who) =>
          log.some((entry) => entry.kind === 'join' && entry.who === who),
        );
        const readers = new Set(all.map((who) => new Reader(who, log)));
        const told: string[] = [];
        while (readers.size > 0) {
          const reader = [...readers][order.next().value % readers.size] as Reader;
          if (reader.overtakes(log, readers)) continue;
          const read = reader.read(log, primaries);
          if (read === false) readers.delete(reader);
          if (typeof read === 'string') told.push(read);
        }
        expect(told.sort()).toEqual(heard.sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('are looked at a few times for each line, however many leave at once', () => {
    const count = 300;
    const who = Array.from({ length: count }, (_, index) => index);
    const log: Entry[] = [
      ...who.map((one) => ({ kind: 'join' as const, who: one })),
      ...who.map((one) => ({ kind: 'part' as const, who: one })),
    ];
    const primaries = openPrimaries();
    const readers = who.map((one) => new Reader(one, log));
    for (const reader of readers) reader.read(log, primaries);
    for (const reader of [...readers].reverse()) while (reader.read(log, primaries) !== false);
    const looks = readers.reduce((sum, reader) => sum + reader.looks, 0);
    expect(looks).toBeLessThan(6 * count * count);
    expect(primaries.members('#c')).toEqual([]);
  });
});
