import { describe, expect, it } from 'vitest';
import type { ReadMail } from '#bridges/email/in/incoming.ts';
import { beginningOf, openOriginals } from '#bridges/email/in/originals.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

const account = accountKey('romeo@a.example' as BareJid, 'mail.example');
const parsed = { headers: [{ name: 'subject', value: 'Dinner' }], text: 'When?' };

/** What is kept of mails, without a store: `lend` is how links are made. */
function shelf(lend: (reference: string, meta: object) => { url: string }) {
  const host = { clock: { now: () => 0 }, media: { lend }, state: {}, language: () => 'en' };
  const transport = { host, config: { originals: 1000 }, state: { mac: (...parts: string[]) => parts.join('-') } };
  return transport as unknown as EmailTransport;
}

describe('a mail as it came', () => {
  it('is kept whole, and without its files where it is large', () => {
    const lent: object[] = [];
    const { keep } = openOriginals(
      shelf((_, meta) => {
        lent.push(meta);
        return { url: 'https://gw.example/1' };
      }),
    );
    const of = { account, place: 'bob@example.com', id: 'b1' };
    const [whole] = keep(
      { raw: Buffer.from('Subject: Dinner\r\n\r\nWhen?'), parsed } as unknown as ReadMail,
      of,
    ).writes;
    const [large] = keep({ parsed } as unknown as ReadMail, of).writes;
    expect([String(whole?.value), large?.value]).toEqual([
      'Subject: Dinner\r\n\r\nWhen?',
      'subject: Dinner\n\nWhen?\n',
    ]);
    expect(lent).toMatchObject([{ name: 'mail.eml' }, { name: 'mail.txt', type: 'text/plain' }]);
  });

  it('has no link where there is no public address, and then a long text is told whole', () => {
    const at = shelf(() => {
      throw new Failure('service-unavailable');
    });
    const { url } = openOriginals(at).keep({ parsed } as unknown as ReadMail, { account, place: 'bob', id: 'b1' });
    expect(url).toBeUndefined();
    const long = 'word '.repeat(5000);
    expect(beginningOf(at, long, { account, url, isCut: false })).toBe(long);
  });

  it.each([
    ['behind a word', 'word '.repeat(3000), 9999],
    ['within what has no words, and no character', `${'x'.repeat(9999)}${'😀'.repeat(10)}`, 9999],
  ])('is told as its beginning, cut %s', (_, text, length) => {
    const told = beginningOf(
      shelf(() => ({ url: '' })),
      text,
      { account, url: 'https://gw.example/1', isCut: false },
    );
    expect(told).toBe(`${text.slice(0, length)}\n[The whole text: https://gw.example/1]`);
  });
});
