import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { texts } from '#bridges/irc/texts.ts';
import { Failure } from '#src/model/failure.ts';
import type { Sealed } from '#src/model/sealed.ts';

/** What an account of the services of a network is known by: a password, or the certificate that the connection shows. */
export type ServicesAccount = {
  readonly login?: { readonly username: Sealed; readonly password: Sealed };
  /** PEM of a certificate and of its private key. */
  readonly certificate?: { readonly cert: string; readonly key: Sealed };
};

/** One attempt by one mechanism of SASL (RFC 4422). */
export type Exchange = {
  /** Answers what the server asks. Throws a `Failure`, or rejects with it, where that server is not to be believed. */
  respond(challenge: Buffer): Buffer | Promise<Buffer>;
  /** Whether a success may be believed. */
  readonly proven: boolean;
};

type Mechanism = {
  readonly name: string;
  /** Nothing where the account has nothing for it. */
  begin(account: ServicesAccount): Exchange | undefined;
};

const EMPTY = Buffer.alloc(0);

/** RFC 4422 appendix A: who we are says the certificate. */
const external: Mechanism = {
  name: 'EXTERNAL',
  begin: ({ certificate }) => certificate && { proven: true, respond: () => EMPTY },
};

/** RFC 4616 §2: nobody in whose name it is done, who it is, and the password; each NUL divides. */
const plain: Mechanism = {
  name: 'PLAIN',
  begin: ({ login }) =>
    login && {
      proven: true,
      respond: () => Buffer.from(`\0${login.username.open()}\0${login.password.open()}`, 'utf8'),
    },
};

const scram: Mechanism = {
  name: 'SCRAM-SHA-256',
  begin: ({ login }) => login && scramSha256(login.username.open(), login.password.open(), newNonce()),
};

/** In the order of preference: a password that is not needed is not shown. */
export const MECHANISMS: readonly Mechanism[] = [external, scram, plain];

const derive = promisify(pbkdf2);
const newNonce = (): string => randomBytes(18).toString('base64');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 7677 §4: fewer rounds are refused; more would only burn our CPU. */
const ROUNDS = { least: 4096, most: 500_000 } as const;

/** SCRAM-SHA-256 without channel binding (RFC 5802 §3, RFC 7677). */
export function scramSha256(username: string, password: string, nonce: string): Exchange {
  const name = username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
  const first = `n=${name},r=${nonce}`;
  let signature: Buffer | undefined;
  let step: 'first' | 'final' | 'signature' | 'proven' = 'first';

  async function final(challenge: string): Promise<Buffer> {
    const { r = '', s = '', i = '' } = attributes(challenge);
    const rounds = Number(i);
    const salt = Buffer.from(s, 'base64');
    // RFC 5802 §5.1: the server's nonce begins with ours and is longer.
    if (!r.startsWith(nonce) || r.length <= nonce.length || salt.length === 0) throw untrue();
    if (!Number.isInteger(rounds) || rounds < ROUNDS.least || rounds > ROUNDS.most) throw untrue();
    const salted = await derive(password.normalize('NFKC'), salt, rounds, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const bare = `c=biws,r=${r}`;
    const all = `${first},${challenge},${bare}`;
    const proof = hmac(createHash('sha256').update(clientKey).digest(), all);
    signature = hmac(hmac(salted, 'Server Key'), all);
    step = 'signature';
    return Buffer.from(
      `${bare},p=${Buffer.from(clientKey.map((byte, at) => byte ^ (proof[at] ?? 0))).toString('base64')}`,
    );
  }

  return {
    get proven() {
      return step === 'proven';
    },
    respond(challenge: Buffer): Buffer | Promise<Buffer> {
      if (step === 'first') {
        step = 'final';
        return Buffer.from(`n,,${first}`);
      }
      if (step === 'final') return final(challenge.toString('utf8'));
      const given = Buffer.from(attributes(challenge.toString('utf8')).v ?? '', 'base64');
      if (!signature || given.length !== signature.length || !timingSafeEqual(given, signature)) throw untrue();
      step = 'proven';
      return EMPTY;
    },
  };
}

/** RFC 5802 §5.1: a letter and what it stands for, divided by commas. */
const attributes = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(text.split(',').map((one) => [one.slice(0, 1), one.slice(2)]));

const untrue = (): Failure => new Failure('policy-violation', { text: texts.untrueServices });
