import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sasl } from '#bridges/irc/connection/registration/sasl.ts';
import { type ServicesAccount, scramSha256 } from '#bridges/irc/connection/registration/sasl-mechanisms.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { Sealed } from '#src/model/sealed.ts';
import { handClock } from '../../../../hand-clock.ts';

const line = (command: string, ...params: string[]): Line => ({
  tags: {},
  prefix: 'irc.fake',
  nick: '',
  ident: '',
  hostname: '',
  command,
  params,
});

const CERTIFICATE = { cert: 'cert', key: new Sealed('key') };
const withPassword = (password: string): ServicesAccount => ({
  login: { username: new Sealed('montague'), password: new Sealed(password) },
});

/** A login that is as far as its capabilities are negotiated. */
function begun(account: ServicesAccount, mechanisms: string | undefined) {
  const written: string[] = [];
  const refusals: string[] = [];
  const clock = handClock();
  const sasl = new Sasl(account, {
    ...{ host: 'net', clock, patience: 15_000 },
    offered: new Map(mechanisms === undefined ? [] : [['sasl', mechanisms]]),
    write: (text) => written.push(text),
    loggedIn: () => written.push('CAP END'),
    refused: ({ code }) => refusals.push(code),
  });
  sasl.begin();
  /** The next line that is written behind so many. */
  const next = async (count: number): Promise<string> => {
    while (written.length <= count) await new Promise(setImmediate);
    return written[count] ?? '';
  };
  return { sasl, written, refusals, clock, next };
}

const ACK = line('CAP', '*', 'ACK', 'sasl');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const said = (text: string): string => Buffer.from(text.slice('AUTHENTICATE '.length), 'base64').toString();

describe('SASL', () => {
  it('sends account and password in parts that the server can put together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 1200, unit: 'grapheme' }), async (password) => {
        const { sasl, written, next } = begun(withPassword(password), 'PLAIN');
        sasl.take(ACK);
        sasl.take(line('AUTHENTICATE', '+'));
        await next(2);
        const parts = written.slice(2).map((one) => one.slice('AUTHENTICATE '.length));
        for (const part of parts.slice(0, -1)) expect(part).toHaveLength(400);
        expect(parts.at(-1)?.length).toBeLessThan(400);
        const whole = parts.filter((part) => part !== '+').join('');
        expect(Buffer.from(whole, 'base64').toString()).toBe(`\0montague\0${password}`);
      }),
    );
  });

  it('ends the negotiation once it has succeeded', async () => {
    const { sasl, written, refusals, next } = begun(withPassword('rose'), '');
    sasl.take(ACK);
    expect(written.at(-1)).toBe('AUTHENTICATE PLAIN');
    sasl.take(line('AUTHENTICATE', '+'));
    await next(2);
    expect(sasl.take(line('903', 'Romeo', 'Welcome'))).toBe(true);
    expect(written.at(-1)).toBe('CAP END');
    expect(sasl.take(line('001', 'Romeo', 'Welcome'))).toBe(false);
    expect(refusals).toEqual([]);
  });

  it('takes what the server lists instead, whatever it says after that', () => {
    const { sasl, written, refusals } = begun(withPassword('rose'), 'SCRAM-SHA-256,PLAIN');
    sasl.take(ACK);
    expect(written.at(-1)).toBe('AUTHENTICATE SCRAM-SHA-256');
    sasl.take(line('908', 'Romeo', 'PLAIN', 'are available'));
    sasl.take(line('904', 'Romeo', 'SASL authentication failed'));
    expect(written.at(-1)).toBe('AUTHENTICATE PLAIN');
    expect(refusals).toEqual([]);
  });

  it('shows the certificate first, and the password where that is not enough', async () => {
    const { sasl, written, refusals, next } = begun(
      { ...withPassword('rose'), certificate: CERTIFICATE },
      'EXTERNAL,PLAIN',
    );
    sasl.take(ACK);
    sasl.take(line('AUTHENTICATE', '+'));
    expect(await next(2)).toBe('AUTHENTICATE +');
    sasl.take(line('904', 'Romeo', 'No such fingerprint'));
    sasl.take(line('AUTHENTICATE', '+'));
    expect(said(await next(4))).toBe('\0montague\0rose');
    expect(written.filter((one) => /EXTERNAL|PLAIN/.test(one))).toEqual([
      'AUTHENTICATE EXTERNAL',
      'AUTHENTICATE PLAIN',
    ]);
    expect(refusals).toEqual([]);
  });

  it.each([
    ['without an offer', undefined, [], 'service-unavailable'],
    ['without a mechanism that fits', 'EXTERNAL', [], 'service-unavailable'],
    ['after NAK', 'PLAIN', [line('CAP', '*', 'NAK', 'sasl')], 'service-unavailable'],
    ['after a challenge to nothing', 'PLAIN', [line('AUTHENTICATE', 'abc')], 'service-unavailable'],
    ['after 001 that came too early', 'PLAIN', [line('001', 'Romeo', 'Welcome')], 'service-unavailable'],
    ['after 904', 'PLAIN', [line('904', 'Romeo', 'No')], 'password-required'],
    ['after 903 to nothing', 'PLAIN', [line('903', 'Romeo', 'Yes'), line('001', 'Romeo', 'Hi')], 'service-unavailable'],
    ['after 903 in the middle of SCRAM', 'SCRAM-SHA-256', [ACK, line('903', 'Romeo', 'Yes')], 'policy-violation'],
    ['after a list without one', 'PLAIN', [ACK, line('908', 'Romeo', 'EXTERNAL', 'x')], 'service-unavailable'],
  ] as const)('lets nobody in %s', (_title, offer, lines, code) => {
    const { sasl, written, refusals } = begun(withPassword('rose'), offer);
    for (const one of lines) sasl.take(one);
    expect(refusals).toEqual([code]);
    expect(written.join(' ')).not.toMatch(/CAP END/);
  });

  it('gives an attempt up that services do not answer, and says why', () => {
    const { sasl, written, refusals, clock } = begun(withPassword('rose'), 'PLAIN');
    sasl.take(ACK);
    clock.advance(15_000);
    expect(written.at(-1)).toBe('AUTHENTICATE *');
    expect(refusals).toEqual([]);
    sasl.take(line('906', 'Romeo', 'SASL authentication aborted'));
    clock.advance(60_000);
    expect(refusals).toEqual(['service-unavailable']);
  });

  it('does not wait for ever for services that do not even hear that', () => {
    const { refusals, clock } = begun(withPassword('rose'), 'PLAIN');
    clock.advance(17_000);
    expect(refusals).toEqual(['service-unavailable']);
  });
});

/** What services know of a password, and say. */
function scramServer(password: string, rounds = 4096) {
  const salt = Buffer.from('pepper');
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const mac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  return {
    first: (client: string) => `${/r=.*$/.exec(client)?.[0]}xyz,s=${salt.toString('base64')},i=${rounds}`,
    /** Whether the proof is one of the password, and what proves that we know it too. */
    final(client: string, challenge: string, answer: string) {
      const bare = answer.slice(0, answer.indexOf(',p='));
      const all = `${client.slice(3)},${challenge},${bare}`;
      const stored = createHash('sha256').update(mac(salted, 'Client Key')).digest();
      const proof = Buffer.from(answer.slice(answer.indexOf(',p=') + 3), 'base64');
      const shown = Buffer.from(proof.map((byte, at) => byte ^ (mac(stored, all)[at] ?? 0)));
      const fits = createHash('sha256').update(shown).digest().equals(stored);
      return { fits, verifier: `v=${mac(mac(salted, 'Server Key'), all).toString('base64')}` };
    },
  };
}

describe('SCRAM-SHA-256', () => {
  it('says what RFC 7677 §3 has as its example', async () => {
    const exchange = scramSha256('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
    expect((await exchange.respond(Buffer.alloc(0))).toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    expect((await exchange.respond(Buffer.from(challenge))).toString()).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(exchange.proven).toBe(false);
    await exchange.respond(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='));
    expect(exchange.proven).toBe(true);
  });

  it('logs in, and believes only who knows the password', async () => {
    for (const known of ['rose', 'thorn']) {
      const { sasl, written, refusals, next } = begun(withPassword('rose'), 'PLAIN,SCRAM-SHA-256');
      const services = scramServer('rose');
      sasl.take(ACK);
      expect(written.at(-1)).toBe('AUTHENTICATE SCRAM-SHA-256');
      sasl.take(line('AUTHENTICATE', '+'));
      const client = said(await next(2));
      const challenge = services.first(client);
      sasl.take(line('AUTHENTICATE', base64(challenge)));
      const { fits, verifier } = services.final(client, challenge, said(await next(3)));
      expect(fits).toBe(true);
      const lie = scramServer(known).final(client, challenge, said(await next(3))).verifier;
      expect(lie === verifier).toBe(known === 'rose');
      sasl.take(line('AUTHENTICATE', base64(lie)));
      expect(await next(4)).toBe(known === 'rose' ? 'AUTHENTICATE +' : 'AUTHENTICATE *');
      sasl.take(line('903', 'Romeo', 'Welcome'));
      expect(refusals).toEqual(known === 'rose' ? [] : ['policy-violation']);
      expect(written.includes('CAP END')).toBe(known === 'rose');
      expect(written.join(' ')).not.toContain('PLAIN');
    }
  });

  it.each([
    'r=other,s=cGVwcGVy,i=4096',
    'r=nonceX,s=cGVwcGVy,i=1',
    'r=nonceX,s=,i=4096',
    'r=nonceX,s=cGVwcGVy,i=9999999',
  ])('takes no challenge such as %s', async (challenge) => {
    const exchange = scramSha256('user', 'pencil', 'nonce');
    exchange.respond(Buffer.alloc(0));
    await expect(exchange.respond(Buffer.from(challenge))).rejects.toThrow('could not show');
  });
});
