import { domainToASCII, domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mailboxOf, mailDomain } from '#bridges/email/mailbox.ts';

describe('the domain of a mail address', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['xn--bcher-kva.example', 'bücher.example'],
    ['a.b--c.example', 'a.b--c.example'],
    ['a.0x1f', undefined],
    ['1.2.3.4', undefined],
    ['-a.example', undefined],
    ['a..example', undefined],
    ['example', undefined],
    [`${'a'.repeat(64)}.example`, undefined],
    [`${'a.'.repeat(126)}example`, undefined],
    ['a.exam\u212Ale', 'a.examkle'],
  ])('of %s is %s', (text, domain) => expect(mailDomain(text)).toBe(domain));

  it('is that of the standard for hosts, however it is written', () => {
    const written = fc.string({ unit: fc.constantFrom(...'aBxn019--..é'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(written, (text) => {
        const domain = mailDomain(text);
        if (domain !== undefined) expect(domain).toBe(domainToUnicode(domainToASCII(text)));
        if (domain !== undefined) expect(mailboxOf(`a@${text}`)).toBe(`a@${domain}`);
      }),
    );
  });
});
