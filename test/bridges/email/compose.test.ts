import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { type ComposedMail, compose, composeReturned, signed } from '#bridges/email/out/compose.ts';
import { Sealed } from '#src/model/sealed.ts';

const mail: ComposedMail = {
  from: { address: 'romeo=a.example@mail.example', name: 'Romeo' },
  to: [{ address: 'bob@bücher.example' }],
  messageId: 'abc@mail.example',
  references: ['x@example.com'],
  subject: 'Grüße',
  text: 'Good *morrow*\n.\n..\n\r\n.\r\nbye',
  below: ['Romeo'],
  attachments: [],
  html: true,
  date: 0,
  language: 'en',
  unsubscribe: 'https://gw.example/hooks/x',
  domain: 'mail.example',
};

const headOf = (bytes: Buffer): string[] => (bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? '').split('\r\n');

describe('a mail that is written', () => {
  it('verifies where it is signed, with the headers of one click below the signature', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = new Sealed(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const bytes = await signed(await compose(mail), {
      dkim: { domain: 'mail.example', selector: 's', key, unaligned: false },
    });
    const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const resolver = async () => [[`v=DKIM1; k=rsa; p=${p}`]];
    const { results } = await dkimVerify(bytes, { resolver, sender: 'x@mail.example' });
    expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).toEqual([
      ['pass', 'mail.example'],
    ]);
    const signature = headOf(bytes).join('').replace(/\s/g, '');
    expect(signature).toMatch(/h=[^;]*list-unsubscribe:list-unsubscribe:list-unsubscribe-post:list-unsubscribe-post/i);
    // Whoever changes one of them, or puts another above it, has broken the signature.
    const text = bytes.toString('latin1');
    const evil = 'List-Unsubscribe: <https://evil.example/>\r\n';
    for (const changed of [
      text.replace('hooks/x', 'hooks/y'),
      text.replace(/List-Unsubscribe-Post: .*\r\n/, ''),
      `${evil}${text}`,
    ]) {
      const { results: broken } = await dkimVerify(Buffer.from(changed, 'latin1'), {
        resolver,
        sender: 'x@mail.example',
      });
      expect(broken.map(({ status }) => status.result)).toEqual(['fail']);
    }
  });

  it('verifies whatever is in it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const key = new Sealed(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const resolver = async () => [[`v=DKIM1; k=rsa; p=${p}`]];
    const text = fc.string({
      unit: fc.constantFrom(' ', '\t', '\n', 'x', 'é', '=', '-', '.', '\u00a0'),
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(text, text, fc.boolean(), async (body, subject, html) => {
        const content = await compose({ ...mail, text: body, subject, html, attachments: [] });
        const bytes = await signed(content, { dkim: { domain: 'mail.example', selector: 's', key, unaligned: false } });
        const { results } = await dkimVerify(bytes, { resolver, sender: 'x@mail.example', minBitLength: 1024 });
        expect(results.map(({ status }) => status.result)).toEqual(['pass']);
      }),
      { numRuns: 100 },
    );
    const bytes = await signed(
      Buffer.from(`From: a@mail.example\r\n\r\n${'\r\n'.repeat(500_000)}x${'\r\n'.repeat(500_000)}`),
      {
        dkim: { domain: 'mail.example', selector: 's', key, unaligned: false },
      },
    );
    const { results } = await dkimVerify(bytes, { resolver, sender: 'x@mail.example', minBitLength: 1024 });
    expect(results.map(({ status }) => status.result)).toEqual(['pass']);
  });

  it('holds no header that somebody has put into a name, a subject or an address', async () => {
    const evil = fc.string({
      unit: fc.constantFrom('\r', '\n', '\0', 'X', ':', ' ', '"', '<', '@', '\u202e', 'é', ','),
      maxLength: 30,
    });
    const names =
      /^(?:From|To|Message-ID|References|Subject|Date|X-Isthmus-Loop|List-Unsubscribe|List-Unsubscribe-Post|MIME-Version|Content-Type): |^[ \t]/;
    await fc.assert(
      fc.asyncProperty(evil, evil, async (name, subject) => {
        const bytes = await compose({ ...mail, from: { ...mail.from, name }, subject });
        for (const line of headOf(bytes)) expect(line).toMatch(names);
        // No bare CR or LF anywhere: what reads one as the end of a line reads another mail.
        expect(bytes.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        const read = await PostalMime.parse(bytes);
        expect(read.from?.address).toBe(mail.from.address);
        expect(read.to?.map(({ address }) => address)).toEqual(['bob@xn--bcher-kva.example']);
      }),
      { numRuns: 100 },
    );
    for (const address of ['"a@evil x"@good.com', 'a@good.com,evil@x', 'a\r\nRCPT TO:<x@y>@good.com', 'a@good.com\n'])
      await expect(compose({ ...mail, to: [{ address }] }), address).rejects.toThrow();
  });
});

describe('a report of a mail that was not delivered', () => {
  it('has three parts, whatever the headers are that go back', async () => {
    const headers = [
      'Subject: Gr\u00fc\u00dfe',
      '--boundary',
      `X-Long: ${'x'.repeat(3000)}`,
      '.',
      'Bcc: eve@example.com',
    ].join('\r\n');
    const bytes = await composeReturned({
      from: { address: 'mailer-daemon@mail.example', name: 'Mail delivery' },
      to: { address: 'Bob@b\u00fccher.example' },
      messageId: 'r@mail.example',
      subject: 'Undelivered: Hi\r\nBcc: eve@example.com',
      text: 'It could not be delivered.',
      ...{ date: 0, domain: 'mail.example', language: 'de', arrived: 0, headers },
      recipient: 'romeo=a.example@mail.example',
      status: '5.0.0',
      why: 'service-unavailable\r\nAction: delivered',
    });
    const text = bytes.toString('latin1');
    // RFC 5322 \u00a72.1.1, RFC 2045 \u00a76.2.
    for (const line of text.split('\r\n')) expect(line).toMatch(/^[\x09\x20-\x7e]{0,998}$/);
    const head = headOf(bytes).join('\r\n');
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head).not.toMatch(/^(?:In-Reply-To|References):/im);
    const { to, attachments } = await PostalMime.parse(bytes);
    expect(to?.[0]?.address).toBe('Bob@xn--bcher-kva.example');
    const [status, returned] = attachments.map(({ mimeType, content }) => [
      mimeType,
      new TextDecoder().decode(content as ArrayBuffer),
    ]);
    expect(status).toEqual([
      'message/delivery-status',
      expect.stringMatching(
        /\r?\nFinal-Recipient: rfc822; romeo=a.example@mail.example\r?\nAction: failed\r?\nStatus: 5.0.0\r?\nDiagnostic-Code: .*delivered\s*$/,
      ),
    ]);
    expect(returned?.[0]).toBe('text/rfc822-headers');
    expect(returned?.[1]?.replaceAll('\r', '').trim()).toBe(headers.replaceAll('\r', ''));
  });
});
