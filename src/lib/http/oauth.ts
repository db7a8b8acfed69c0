import type { Clock } from '../time/clock.ts';

/** Posts a form to an OAuth server, under whatever rules its host is reached by. */
export type PostForm = (
  url: string,
  init: { readonly method: 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body: string },
) => Promise<Response>;

/** What an OAuth server refuses (RFC 6749 §5.2). `word` is its own, or `''` where it says nothing that can be read. */
export class OauthError extends Error {
  readonly word: string;
  readonly status: number;
  /** The whole answer, `{}` where it is none. */
  readonly answer: object;

  constructor(status: number, answer: object) {
    const word = 'error' in answer && typeof answer.error === 'string' ? answer.error : '';
    super(`the OAuth server answers ${status} ${word}`);
    this.name = 'OauthError';
    this.word = word;
    this.status = status;
    this.answer = answer;
  }
}

/** What somebody is asked to open in a browser, and what we ask with meanwhile (RFC 8628 §3.2). */
export type DeviceGrant = {
  readonly code: string;
  /** What they enter there, where the address does not say it already. */
  readonly userCode: string;
  readonly url: string;
  /** The same with the code in it. */
  readonly whole?: string;
  /** Seconds between two questions. */
  readonly interval: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
};

/** What is logged in with (RFC 6749 §5.1). `expires` is in milliseconds since 1970. */
export type OauthTokens = { readonly token: string; readonly refresh?: string; readonly expires?: number };

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Seconds, where the server says nothing (RFC 8628 §3.2), and how much slower it asks for (§3.5). */
const INTERVAL = 5;
const SLOWER = 5;
const LIFE = 600;

type Form = Readonly<Record<string, string>>;

/** A request of OAuth 2.0 (RFC 6749 §4). Rejects with an `OauthError`. */
export async function postForm(post: PostForm, url: string, body: Form): Promise<Readonly<Record<string, unknown>>> {
  const response = await post(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    body: new URLSearchParams(body).toString(),
  });
  const read: unknown = await response.json().catch(() => undefined);
  const answer = typeof read === 'object' && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  if (!response.ok) throw new OauthError(response.status, answer);
  return answer;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** Asks for a code (RFC 8628 §3.1). Rejects with an `OauthError`, also for an answer that has none. */
export async function askForDevice(post: PostForm, clock: Clock, url: string, body: Form): Promise<DeviceGrant> {
  const answer = await postForm(post, url, body);
  const code = textOf(answer.device_code);
  const whole = textOf(answer.verification_uri_complete);
  // Some call it so, from a draft of it.
  const page = textOf(answer.verification_uri) ?? textOf(answer.verification_url) ?? whole;
  if (code === undefined || page === undefined) throw new OauthError(200, answer);
  return {
    ...{ code, userCode: textOf(answer.user_code) ?? '', url: page },
    ...(whole !== undefined && { whole }),
    interval: numberOf(answer.interval) ?? INTERVAL,
    expires: clock.now() + (numberOf(answer.expires_in) ?? LIFE) * 1000,
  };
}

/** Asks until somebody has logged in there (RFC 8628 §3.5). Rejects with an `OauthError`: `expired_token` where nobody did in time. */
export async function awaitDevice(
  ask: (body: Form) => Promise<Readonly<Record<string, unknown>>>,
  clock: Clock,
  { code, interval, expires }: DeviceGrant,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  for (let pause = interval; clock.now() < expires && !signal.aborted; ) {
    await new Promise<void>((done) => void clock.after(pause * 1000, done));
    if (signal.aborted) break;
    try {
      return await ask({ grant_type: DEVICE_GRANT, device_code: code });
    } catch (error) {
      if (!(error instanceof OauthError)) throw error;
      if (error.word === 'slow_down') pause += SLOWER;
      else if (error.word !== 'authorization_pending') throw error;
    }
  }
  throw new OauthError(400, { error: 'expired_token' });
}

/** The tokens of an answer; a refresh token that it does not renew is the old one (RFC 6749 §6). Nothing where there are none. */
export function tokensOf(
  clock: Clock,
  answer: Readonly<Record<string, unknown>>,
  old?: string,
): OauthTokens | undefined {
  const token = textOf(answer.access_token);
  if (token === undefined) return undefined;
  const seconds = numberOf(answer.expires_in);
  const refresh = textOf(answer.refresh_token) ?? old;
  return {
    token,
    ...(refresh !== undefined && { refresh }),
    ...(seconds !== undefined && { expires: clock.now() + seconds * 1000 }),
  };
}
