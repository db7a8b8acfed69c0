import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSasl } from '#bridges/irc/connection/sasl.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { Sealed } from '#src/model/sealed.ts';

const line = (command: string, ...params: string[]): Line => ({
  tags: {},
  prefix: 'irc.fake',
  nick: '',
  ident: '',
  hostname: '',
  command,
  params,
});

/** A login that is as far as its capabilities are negotiated. */
function begun(password: string, ...offers: Line[]) {
  const written: string[] = [];
  const refusals: string[] = [];
  const sasl = openSasl(
    { username: new Sealed('montague'), password: new Sealed(password) },
    { host: 'net', write: (text) => written.push(text), refused: ({ code }) => refusals.push(code) },
  );
  for (const offer of offers) sasl.take(offer);
  sasl.begin();
  return { sasl, written, refusals };
}

const LS = line('CAP', '*', 'LS', 'sasl=EXTERNAL,PLAIN message-tags');

describe('SASL', () => {
  it('sends account and password in parts that the server can put together', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 1200, unit: 'grapheme' }), (password) => {
        const { sasl, written } = begun(password, LS);
        sasl.take(line('CAP', '*', 'ACK', 'sasl'));
        sasl.take(line('AUTHENTICATE', '+'));
        const parts = written.slice(2).map((one) => one.slice('AUTHENTICATE '.length));
        for (const part of parts.slice(0, -1)) expect(part).toHaveLength(400);
        expect(parts.at(-1)?.length).toBeLessThan(400);
        const whole = parts.filter((part) => part !== '+').join('');
        expect(Buffer.from(whole, 'base64').toString()).toBe(`\0montague\0${password}`);
      }),
    );
  });

  it('reads an offer in several lines, and ends the negotiation once it has succeeded', () => {
    const first = line('CAP', '*', 'LS', '*', 'sasl');
    const { sasl, written, refusals } = begun('rose', first, line('CAP', '*', 'LS', 'message-tags'));
    for (const one of [line('CAP', '*', 'ACK', 'sasl'), line('AUTHENTICATE', '+'), line('903', 'Romeo', 'Welcome')])
      expect(sasl.take(one)).toBe(true);
    expect(written.at(-1)).toBe('CAP END');
    expect(sasl.take(line('001', 'Romeo', 'Welcome'))).toBe(false);
    expect(refusals).toEqual([]);
  });

  it.each([
    ['without an offer', [], [], 'service-unavailable'],
    ['without PLAIN', [line('CAP', '*', 'LS', 'sasl=EXTERNAL')], [], 'service-unavailable'],
    ['after NAK', [LS], [line('CAP', '*', 'NAK', 'sasl')], 'service-unavailable'],
    ['after a challenge that PLAIN does not know', [LS], [line('AUTHENTICATE', 'abc')], 'service-unavailable'],
    ['after 001 that came too early', [LS], [line('001', 'Romeo', 'Welcome')], 'service-unavailable'],
    ['after 904', [LS], [line('904', 'Romeo', 'No')], 'password-required'],
    ['after 903 to nothing', [LS], [line('903', 'Romeo', 'Yes'), line('001', 'Romeo', 'Hi')], 'service-unavailable'],
  ] as const)('lets nobody in %s', (_title, offers, lines, code) => {
    const { sasl, written, refusals } = begun('rose', ...offers);
    for (const one of lines) sasl.take(one);
    expect(refusals).toEqual([code]);
    expect(written.join(' ')).not.toMatch(/CAP END|AUTHENTICATE/);
  });
});
