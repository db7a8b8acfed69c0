// https://ircv3.net/specs/extensions/capability-negotiation, version 302

import { capabilities } from '#bridges/irc/wire/capabilities.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { USED } from '#mappings/irc-capabilities.ts';
import type { Line } from '../server-view.ts';

/** Bytes of names in one request. */
const REQUEST = 400;

type Options = {
  readonly write: (line: string) => void;
  /** All is listed that is on offer; false ends it. */
  readonly listed: (offered: ReadonlyMap<string, string>) => boolean;
  /** All is negotiated but the login: CAP END is up to whoever hears this. */
  readonly negotiated: () => void;
};

/** The capabilities of one login: what the server offers, what was asked for, and what is in force. */
export class CapabilityNegotiation {
  /** By name, with the value that the server gives. */
  readonly offered = new Map<string, string>();
  readonly #options: Options;
  readonly #enabled = new Map<string, string>();
  /** Names that were asked for with others, which may have spoilt it. */
  readonly #together = new Set<string>();
  #open = 0;
  #over = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** What is in force, with the values. */
  get enabled(): ReadonlyMap<string, string> {
    return capabilities(this.#enabled);
  }

  /** Takes a CAP line in. Never throws. */
  take({ params: [, verb, ...rest] }: Line): void {
    const names = (rest.at(-1) ?? '').split(' ').filter(Boolean);
    if (verb === 'LS') this.#offers(names, rest[0] === '*' && rest.length > 1);
    else if (verb === 'ACK') this.#acknowledged(names);
    else if (verb === 'NAK') this.#refused(names);
  }

  #offers(names: readonly string[], more: boolean): void {
    for (const [name, value] of valued(names)) if (isKnown(name)) this.offered.set(name, value);
    if (more || this.#over) return;
    if (!this.#options.listed(this.offered)) {
      this.#over = true;
      return;
    }
    for (const request of requests(wanted(this.offered.keys()))) this.#ask(request);
    this.#goOn();
  }

  #ask(names: readonly string[]): void {
    this.#open++;
    if (names.length > 1) for (const name of names) this.#together.add(name);
    this.#options.write(makeLine('CAP', ['REQ'], names.join(' ')));
  }

  #acknowledged(names: readonly string[]): void {
    for (const name of wanted(names)) this.#enabled.set(name, this.offered.get(name) ?? '');
    this.#answered();
  }

  // A request is granted or refused as a whole: where one name spoils it, the others are asked for by themselves, once.
  #refused(names: readonly string[]): void {
    if (names.length > 1) for (const name of names) if (this.#together.delete(name)) this.#ask([name]);
    this.#answered();
  }

  #answered(): void {
    // An answer to nothing is not counted.
    this.#open = Math.max(this.#open - 1, 0);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#open > 0 || this.#over) return;
    this.#over = true;
    this.#options.negotiated();
  }
}

/** Capabilities with their values, as CAP LS and CAP NEW write them. */
export const valued = (names: readonly string[]): readonly (readonly [string, string])[] =>
  names.map((one) => {
    const [name = '', ...value] = one.split('=');
    return [name, value.join('=')];
  });

/** What of an offer anything is made of: with a hostile server there is no end to the rest. */
export const isKnown = (name: string): boolean => USED.has(name) || name === 'sasl' || name === 'sts';

/** What of an offer is asked for. */
export const wanted = (offered: Iterable<string>): string[] => [...offered].filter((name) => USED.has(name));

/** Names in requests that fit a line each. */
export function requests(names: readonly string[]): string[][] {
  const all: string[][] = [];
  let length = REQUEST;
  for (const name of names) {
    length += name.length + 1;
    if (length > REQUEST) {
      all.push([]);
      length = name.length + 1;
    }
    all.at(-1)?.push(name);
  }
  return all;
}
