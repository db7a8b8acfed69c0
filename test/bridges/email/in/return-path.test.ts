import { describe, expect, it } from 'vitest';
import type { ReadMail } from '#bridges/email/in/incoming.ts';
import { MOST_RETURNED, returnPathOf } from '#bridges/email/in/return-path.ts';
import type { Automation, MailHeader, Verdict } from '#bridges/email/wire/mail.ts';

const TO = 'romeo=a.example@mail.example';
const BOB = 'bob@example.com';

type About = {
  readonly sender?: string;
  readonly verdict?: Partial<Verdict>;
  readonly automation?: Automation;
  readonly headers?: readonly MailHeader[];
  readonly head?: string;
};

const pathOf = (
  { sender = BOB, verdict, automation, headers = [], head = 'Subject: Hi\r\n\r\nHello' }: About,
  to: string = TO,
) =>
  returnPathOf(
    {
      parsed: { messageId: 'b1@example.com', headers, ...(automation && { automation }) },
      envelope: { from: sender, to: [to] },
      from: BOB,
      verdict: { from: 'verified', why: '', ...verdict },
      head: Buffer.from(head),
    } as unknown as ReadMail,
    to,
    { domain: 'mail.example', now: 1 },
  );

const headersOf = (head: string): string | undefined => pathOf({ head: head.slice(0, MOST_RETURNED) })?.headers;

describe('where it is told that a mail was not delivered', () => {
  it('is where it came from, as whoever sent it has written that', () => {
    expect(pathOf({ sender: 'Bob@Example.com' })).toMatchObject({ to: 'Bob@Example.com', recipient: TO, at: 1 });
  });

  it('is nowhere where nobody is proven to have sent it', () => {
    for (const from of ['unverified', 'refused', 'temporary'] as const)
      expect(pathOf({ verdict: { from, sender: true } })).toBeUndefined();
    expect(pathOf({ sender: 'eve@example.com' })).toBeUndefined();
    expect(pathOf({ sender: 'eve@example.com', verdict: { sender: true } })?.to).toBe('eve@example.com');
  });

  it('is nowhere where no person, or nobody, is there to read it', () => {
    for (const automation of ['reply', 'bounce', 'list', 'bulk', 'program'] as const)
      expect(pathOf({ automation })).toBeUndefined();
    for (const sender of ['', 'owner-verona@example.com', 'verona-request@example.com', 'MAILER-DAEMON@example.com'])
      expect(pathOf({ sender, verdict: { sender: true } })).toBeUndefined();
    const wish = (value: string) => pathOf({ headers: [{ name: 'x-auto-response-suppress', value }] });
    expect([wish('All'), wish('OOF, NDR'), wish('OOF, AutoReply')?.to]).toEqual([undefined, undefined, BOB]);
  });

  it('is nowhere for what would come back to us, and for a recipient that a report cannot name', () => {
    expect(pathOf({ sender: 'b.token@mail.example', verdict: { sender: true } })).toBeUndefined();
    expect(pathOf({}, 'romeo=a.example+größe@mail.example')).toBeUndefined();
  });

  it('goes with whole headers, whatever ends their lines and however many there are', () => {
    expect(headersOf('A: 1\nB: 2\n 3\n\nC: 4')).toBe('A: 1\r\nB: 2\r\n 3');
    expect(headersOf('A: 1\rB: 2\r\n\r\n')).toBe('A: 1 B: 2');
    expect(headersOf(`A: 1\r\nB: 2\r\n 3\r\n ${'x'.repeat(MOST_RETURNED)}`)).toBe('A: 1');
    expect(headersOf('x'.repeat(MOST_RETURNED))).toBe('');
    expect(headersOf('A: Grüße\u0000\u0007\r\n\r\n')).toMatch(/^A: Grüße/);
    const many = headersOf('A: 1\r\n'.repeat(MOST_RETURNED)) ?? '';
    expect(many.length).toBeGreaterThan(MOST_RETURNED - 20);
    expect(many.endsWith('A: 1')).toBe(true);
  });
});
