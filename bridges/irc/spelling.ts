import { Failure } from '#src/model/failure.ts';
import { splitNamesEntry } from './modes.ts';
import { foldName, isName } from './names.ts';
import type { Line, View } from './view.ts';

/** Spellings that one connection remembers. */
const LIMIT = 5000;
/** What `rfc1459` makes equal and `ascii` does not. */
const AMBIGUOUS = /[[\]\\~{}|^]/;

/**
 * How names are written on a server that tells `[` from `{`. Addresses do not (they are formed before any server is
 * known), so whoever is written to under one of them is called as it was last seen.
 */
export type Spelling = {
  /** The name as the server writes it. Throws a `Failure` where two have been seen. */
  of(name: string): string;
  /** Learns from a line; never consumes it. */
  note(line: Line): void;
};

export function openSpelling(view: Pick<View, 'isupport'>): Spelling {
  const known = new Map<string, ReadonlySet<string>>();

  // Every mapping but those of RFC 1459 leaves these characters apart.
  const tells = (): boolean => !view.isupport.casemapping.endsWith('rfc1459');

  function see(name: string): void {
    if (!AMBIGUOUS.test(name) || !isName(name)) return;
    const key = foldName(name);
    const before = known.get(key) ?? new Set<string>();
    // Case alone is no difference anywhere.
    const other = [...before].filter((one) => one.toLowerCase() !== name.toLowerCase());
    const [oldest] = known.keys();
    if (!known.has(key) && known.size >= LIMIT && oldest !== undefined) known.delete(oldest);
    known.set(key, new Set([...other.slice(-1), name]));
  }

  function gone(name: string): void {
    const key = foldName(name);
    const left = [...(known.get(key) ?? [])].filter((one) => one.toLowerCase() !== name.toLowerCase());
    if (left.length === 0) known.delete(key);
    else known.set(key, new Set(left));
  }

  return {
    of(name) {
      if (!tells() || !AMBIGUOUS.test(name)) return name;
      const [only = name, ...others] = known.get(foldName(name)) ?? [];
      if (others.length > 0)
        throw new Failure('not-acceptable', {
          text: `${[only, ...others].join(' and ')} are different there, and have one address here.`,
        });
      return only;
    },
    note({ command, nick, params }) {
      if (!tells()) return;
      if (command === 'QUIT' || command === 'NICK') gone(nick);
      else see(nick);
      if (command === 'NICK' || command === 'JOIN') see(params[0] ?? '');
      if (command === '322' || command === '311') see(params[1] ?? '');
      if (command === '353')
        for (const entry of (params.at(-1) ?? '').split(' ')) see(splitNamesEntry(entry, view.isupport).nick);
    },
  };
}
