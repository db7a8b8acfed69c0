import type { Asking, Collector } from '#bridges/irc/questions/kinds.ts';
import { ctcp } from '#bridges/irc/wire/decode.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';

/** How long an answer took. */
export type Milliseconds = number;
export type CtcpVersion = { readonly name: string; readonly version: string };

/** A CTCP request to a person (https://modern.ircdocs.horse/ctcp). What follows PING comes back; who answers is enough. */
export const ctcpRequest = (nick: string, request: string): string =>
  makeLine('PRIVMSG', [nick], `\u0001${request}\u0001`);

export function milliseconds({ clock }: Asking): Collector<Milliseconds> {
  const since = clock.now();
  return { end: () => clock.now() - since };
}

/** "HexChat 2.16.1 / Linux" in the two parts that XEP-0092 knows; whatever does not divide is a name. */
export const ctcpVersion = (): Collector<CtcpVersion> => ({
  end({ params }) {
    const text = cleaned(ctcp(params.at(-1) ?? '')?.rest ?? '');
    const match = /^(.{1,60}?)[ :/-]+(v?\d[^ ]*.*)$/.exec(text);
    return { name: match?.[1] ?? (text || 'unknown'), version: match?.[2] ?? '' };
  },
});
