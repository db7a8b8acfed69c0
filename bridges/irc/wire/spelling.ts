import type { Line, View } from '#bridges/irc/connection/view.ts';
import { Failure } from '#src/model/failure.ts';
import { splitNamesEntry } from './modes.ts';
import { foldName, isName } from './names.ts';

/** Spellings that one connection remembers. */
const LIMIT = 5000;
/** What `rfc1459` makes equal and `ascii` does not. */
const AMBIGUOUS = /[[\]\\~{}|^]/;

/**
 * How names are written on a server that tells `[` from `{`. Addresses do not (they are formed before any server is
 * known), so whoever is written to under one of them is called as it was last seen.
 */
export class Spelling {
  readonly #view: Pick<View, 'isupport'>;
  /** Most servers tell nothing apart: it is made for the first name. */
  #known: Map<string, ReadonlySet<string>> | undefined;

  constructor(view: Pick<View, 'isupport'>) {
    this.#view = view;
  }

  /** The name as the server writes it. Throws a `Failure` where two have been seen. */
  of(name: string): string {
    if (!this.#tells() || !AMBIGUOUS.test(name)) return name;
    const [only = name, ...others] = this.#known?.get(foldName(name)) ?? [];
    if (others.length > 0)
      throw new Failure('not-acceptable', {
        text: `${[only, ...others].join(' and ')} are different there, and have one address here.`,
      });
    return only;
  }

  /** Learns from a line; never consumes it. */
  note({ command, nick, params }: Line): void {
    if (!this.#tells()) return;
    if (command === 'QUIT' || command === 'NICK') this.#gone(nick);
    else this.#see(nick);
    if (command === 'NICK' || command === 'JOIN') this.#see(params[0] ?? '');
    if (command === '322' || command === '311') this.#see(params[1] ?? '');
    if (command === '353')
      for (const entry of (params.at(-1) ?? '').split(' ')) this.#see(splitNamesEntry(entry, this.#view.isupport).nick);
  }

  // Every mapping but those of RFC 1459 leaves these characters apart.
  #tells(): boolean {
    return !this.#view.isupport.casemapping.endsWith('rfc1459');
  }

  #see(name: string): void {
    if (!AMBIGUOUS.test(name) || !isName(name)) return;
    this.#known ??= new Map();
    const known = this.#known;
    const key = foldName(name);
    const before = known.get(key) ?? new Set<string>();
    // Case alone is no difference anywhere.
    const other = [...before].filter((one) => one.toLowerCase() !== name.toLowerCase());
    const [oldest] = known.keys();
    if (!known.has(key) && known.size >= LIMIT && oldest !== undefined) known.delete(oldest);
    known.set(key, new Set([...other.slice(-1), name]));
  }

  #gone(name: string): void {
    const key = foldName(name);
    const left = [...(this.#known?.get(key) ?? [])].filter((one) => one.toLowerCase() !== name.toLowerCase());
    if (left.length === 0) this.#known?.delete(key);
    else this.#known?.set(key, new Set(left));
  }
}
