import { cleanNick, isName, nextNick } from '#bridges/irc/wire/names.ts';
import { farewell, keptOut, NICK_TAKEN, refusal } from '#bridges/irc/wire/numerics.ts';
import { Failure } from '#src/model/failure.ts';
import type { Line } from '../server-view.ts';

/** How far a login is. `nick` is the one asked for last, then the one in force. */
export type RegistrationState = {
  readonly wanted: string;
  readonly nick: string;
  readonly refusals: number;
  readonly welcome: boolean;
};

export type RegistrationEffect =
  | { readonly kind: 'nick'; readonly nick: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'ready' };

export function startRegistration(wished: string | undefined): RegistrationState {
  const wanted = cleanNick(wished ?? 'user');
  return { wanted, nick: wanted, refusals: 0, welcome: false };
}

/** RFC 2812 §5.1: 001 says who we are; the end of the MOTD (376) or its absence (422) ends the burst with 005 in it. Pure. */
export function stepRegistration(
  state: RegistrationState,
  line: Line,
  host: string,
): readonly [RegistrationState, RegistrationEffect?] {
  const { command } = line;
  if (command === '001') {
    const [given = ''] = line.params;
    return [{ ...state, nick: isName(given) ? given : state.nick, welcome: true }];
  }
  if (command === '376' || command === '422') return state.welcome ? [state, { kind: 'ready' }] : [state];
  if (command === 'ERROR') return [state, { kind: 'failed', failure: farewell(host, line.params.at(-1) ?? '') }];
  if (state.welcome) return [state];
  if (NICK_TAKEN.has(command)) return anotherNick(state, command === '432');
  if (command === '465') return [state, { kind: 'failed', failure: keptOut(host, line.params.at(-1) ?? '') }];
  // RFC 2812 §5.2: password mismatch.
  if (command === '464') return [state, { kind: 'failed', failure: refusal(line) ?? new Failure('password-required') }];
  return [state];
}

function anotherNick(state: RegistrationState, illegal: boolean): readonly [RegistrationState, RegistrationEffect] {
  const refusals = state.refusals + 1;
  const nick = nextNick(state.wanted, refusals, illegal);
  if (nick === undefined) return [state, { kind: 'failed', failure: new Failure('nick-conflict') }];
  return [
    { ...state, nick, refusals },
    { kind: 'nick', nick },
  ];
}
