import { cleanNick, isName, nextNick } from '#bridges/irc/wire/names.ts';
import { farewell, keptOut, NICK_TAKEN, refusal } from '#bridges/irc/wire/numerics.ts';
import { Failure } from '#src/model/failure.ts';
import type { Line } from '../server-view.ts';

/** RFC 2812 §5.2: the server is not set up for our host, we are banned from it, or soon will be. */
const KEPT_OUT: ReadonlySet<string> = new Set(['463', '465', '466']);

/** How far a login is. `nick` is the one asked for last, then the one in force. */
export type RegistrationState = {
  readonly wanted: string;
  readonly nick: string;
  readonly refusals: number;
  readonly welcome: boolean;
  /** What the server has said of letting nobody in from here. */
  readonly keptOut?: string;
};

export type RegistrationEffect =
  | { readonly kind: 'nick'; readonly nick: string }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The server is about to close the line, and may yet say more about it. */
  | { readonly kind: 'closing'; readonly failure: Failure }
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
  if (command === 'ERROR') return [state, { kind: 'failed', failure: closed(state, line.params.at(-1) ?? '', host) }];
  if (state.welcome) return [state];
  if (NICK_TAKEN.has(command)) return anotherNick(state, line);
  if (KEPT_OUT.has(command)) {
    const said = line.params.length > 1 ? (line.params.at(-1) ?? '') : '';
    return [
      { ...state, keptOut: said },
      { kind: 'closing', failure: keptOut(host, command, [said]) },
    ];
  }
  // RFC 2812 §5.2: password mismatch.
  if (command === '464') return [state, { kind: 'failed', failure: refusal(line) ?? new Failure('password-required') }];
  return [state];
}

/** Why the line closes: many servers say in 465 whom to ask, and only behind it why. */
const closed = ({ keptOut: said }: RegistrationState, error: string, host: string): Failure =>
  said === undefined ? farewell(host, error) : keptOut(host, 'ERROR', [said, error]);

function anotherNick(state: RegistrationState, line: Line): readonly [RegistrationState, RegistrationEffect] {
  const refusals = state.refusals + 1;
  const nick = nextNick(state.wanted, refusals, line.command === '432');
  if (nick === undefined) return [state, { kind: 'failed', failure: refusal(line) ?? new Failure('nick-conflict') }];
  return [
    { ...state, nick, refusals },
    { kind: 'nick', nick },
  ];
}
