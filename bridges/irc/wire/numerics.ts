import type { Line } from '#bridges/irc/connection/server-view.ts';
import { texts } from '#bridges/irc/texts.ts';
import { stripFormatting } from '#mappings/formatting.ts';
import { Failure, type FailureCode, failures } from '#src/model/failure.ts';

/** What the refusals of RFC 2812 §5.2 and of today's servers mean to a person (modern.ircdocs.horse, defs.ircdocs.horse). */
const CODES: Readonly<Record<string, FailureCode>> = {
  '401': 'item-not-found', // no such nick
  '402': 'item-not-found', // no such server
  '403': 'item-not-found', // no such channel
  '404': 'not-permitted', // cannot send to channel
  '405': 'not-allowed', // too many channels
  '406': 'item-not-found', // there was no such nick
  '407': 'not-acceptable', // too many targets
  '408': 'not-permitted', // no such service, or colours refused
  '411': 'not-acceptable', // no recipient
  '412': 'not-acceptable', // no text
  '413': 'not-acceptable', // wildcard in the wrong place
  '414': 'not-acceptable',
  '415': 'not-permitted', // some servers: cannot send this
  '416': 'not-acceptable',
  '417': 'too-large', // input line too long
  '421': 'not-supported', // unknown command
  '431': 'not-acceptable', // no nickname given
  '432': 'not-acceptable', // erroneous nickname
  '433': 'nick-conflict', // nickname in use
  '435': 'banned', // cannot change nick while banned
  '436': 'nick-conflict', // nickname collision
  '437': 'recipient-unavailable', // nick or channel is unavailable for now
  '438': 'queue-full', // nick changes too fast
  '439': 'queue-full', // target changes too fast
  '441': 'item-not-found', // they are not in that channel
  '442': 'not-joined', // you are not in that channel
  '443': 'not-allowed', // already in the channel
  '447': 'not-permitted', // nick changes are forbidden in a channel
  '461': 'not-acceptable', // need more parameters
  '463': 'banned', // hosts such as ours are not let in
  '464': 'password-required', // password mismatch
  '465': 'banned', // you are banned from this server
  '466': 'banned', // and soon will be
  '467': 'not-allowed', // key already set
  '448': 'banned', // forbidden channel
  '470': 'gone', // forwarded to another channel
  '471': 'room-full', // +l
  '472': 'not-supported', // unknown mode
  '473': 'members-only', // +i
  '474': 'banned', // +b
  '475': 'password-required', // +k
  '476': 'jid-malformed', // bad channel mask
  '477': 'members-only', // registered nicks only
  '479': 'jid-malformed', // bad channel name
  '480': 'queue-full', // joins are throttled
  '481': 'not-permitted', // operators only
  '482': 'not-permitted', // channel operators only
  '478': 'room-full', // a list of the channel is full
  '484': 'not-permitted', // restricted connection
  '485': 'not-permitted', // unique operator privileges needed, or quarantined
  '486': 'not-permitted', // register to speak in private
  '488': 'not-permitted', // TLS users only (private talk)
  '489': 'policy-violation', // TLS users only
  '490': 'policy-violation', // all members must use TLS
  '492': 'not-permitted', // no CTCP, or no private talk
  '494': 'not-permitted', // own message mode
  '495': 'queue-full', // rejoin after a kick delayed
  '499': 'not-permitted', // channel owners only
  '500': 'queue-full', // too many joins
  '502': 'not-permitted', // modes of others
  '518': 'not-permitted', // no invitations
  '519': 'not-permitted', // admins only
  '520': 'not-permitted', // IRC operators only
  '524': 'item-not-found',
  '531': 'not-permitted', // that person takes no messages
  '573': 'not-permitted', // cannot send
  '696': 'not-acceptable', // the parameter of a mode makes no sense
  '698': 'item-not-found', // not on the list of a mode
  '716': 'not-permitted', // caller-id
  '742': 'not-permitted', // this mode is locked
  '743': 'not-acceptable', // invalid ban
  '926': 'banned', // forbidden channel
  '972': 'not-permitted', // cannot do that to them
  '974': 'not-permitted', // cannot change that mode
};

/** Numerics that answer our NICK when we have one already. */
export const NICK_REFUSALS: ReadonlySet<string> = new Set([
  '431',
  '432',
  '433',
  '435',
  '436',
  '437',
  '438',
  '447',
  '484',
]);
/** Numerics that answer a registration's NICK (RFC 2812 §3.1.2). */
export const NICK_TAKEN: ReadonlySet<string> = new Set(['432', '433', '436', '437']);

/** A sentence of the server, fit to be shown: one line, no controls, not endless. */
export const cleaned = (text: string): string => stripFormatting(text).trim().slice(0, 300);

// RFC 2811 §4.2: `+` channels have no modes, and RFC 2812 §5.2: 477 says so of them.
function codeOf({ command, params: [, about = ''] }: Line): FailureCode | undefined {
  if (command === '477' && about.startsWith('+')) return 'not-supported';
  return Object.hasOwn(CODES, command) ? CODES[command] : undefined;
}

/** Where a channel goes on: its name there and its address with us. */
type Elsewhere = { readonly name: string; readonly address: string };

/** The failure that a numeric stands for; `undefined` for one that refuses nothing. `elsewhere` goes with 470. */
export function refusal(line: Line, elsewhere?: Elsewhere): Failure | undefined {
  const code = codeOf(line);
  if (!code) return undefined;
  const said = cleaned(line.params.length > 1 ? (line.params.at(-1) ?? '') : '');
  const text = elsewhere ? texts.goesOn(elsewhere.name) : failures[code].text;
  return new Failure(code, {
    text: said === '' ? text : texts.serverSays(text, said),
    foreign: `${line.command} ${said}`.trim(),
    ...(elsewhere && { address: elsewhere.address }),
  });
}

/** Milliseconds before a server that throttles us or keeps us out is tried again; the core doubles them. */
const THROTTLED = 15_000;
const KEPT_OUT = 60_000;

/** Why a server closes the line, from the text of its ERROR (RFC 2812 §3.7.4). */
export function farewell(host: string, said: string): Failure {
  const reason = cleaned(said);
  const text = reason === '' ? texts.closed(host) : texts.closedFor(host, reason);
  const foreign = reason === '' ? {} : { foreign: `ERROR ${reason}` };
  if (THROTTLES.test(reason)) return new Failure('too-fast', { text, ...foreign, retryAfter: THROTTLED });
  // They have as many as they want from one address, or at all.
  if (/too many/i.test(reason)) return new Failure('queue-full', { text, ...foreign, retryAfter: THROTTLED });
  if (/\b([kgzd]|kill)[- ]?lined?\b|\bbanned\b|\bakill/i.test(reason))
    return new Failure('banned', { text, ...foreign, retryAfter: KEPT_OUT });
  if (UNWELCOME.test(reason)) return new Failure('not-permitted', { text, ...foreign, retryAfter: KEPT_OUT });
  return new Failure('recipient-unavailable', { text, ...foreign });
}

/** How servers say that too many come too fast. Some put whoever does on a list of bans for a while, and say so in these words. */
const THROTTLES = /throttl|too fast|too many times|lined?\b.*too many|try(ing)? (again|to reconnect)/i;

/** How servers say that they do not take this user, or not so: another try would be the same. */
const UNWELCOME =
  /\b(invalid|bad|illegal|erroneous) (user ?name|ident)|authenticat|\bsasl\b|\b(un|not )authori[sz]ed\b|no authori[sz]ation|access denied|\bpassword\b/i;

/** A server lets nobody in from here, and says so in one or several sentences, the last of them by a command. Each is told once. */
export function keptOut(host: string, command: string, said: readonly string[]): Failure {
  const sentences = said.map(cleaned).filter((one, index, all) => one !== '' && all.indexOf(one) === index);
  const text = texts.keptOut(host, sentences.join('; '));
  const foreign = `${command} ${sentences.at(-1) ?? ''}`.trim();
  return sentences.some((one) => THROTTLES.test(one))
    ? new Failure('too-fast', { text, foreign, retryAfter: THROTTLED })
    : new Failure('banned', { text, foreign, retryAfter: KEPT_OUT });
}
