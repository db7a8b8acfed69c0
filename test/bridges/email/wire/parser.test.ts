import { describe, expect, it } from 'vitest';
import { MailRefused, usualLimits } from '#bridges/email/wire/mail.ts';
import { openMailParser } from '#bridges/email/wire/parser.ts';
import { splitMail } from '#bridges/email/wire/split.ts';
import { pieces } from './read-mail.ts';

const slim = (raw: string) => splitMail(pieces(Buffer.from(raw), 100), async () => {}, usualLimits);
const stubborn = new URL('./stubborn.worker.ts', import.meta.url).href;

describe('the parser in its worker', () => {
  it('reads, cleans and refuses as the functions do', async () => {
    await using parser = openMailParser();
    const [mail, refused] = await Promise.allSettled([
      parser.parse(
        await slim(
          'From: bob@example.com\nSubject: Re: x\n\nyes\n\nOn 1 May 2026 at 10:00, Alice <a@b.example> wrote:\n> and?\n',
        ),
      ),
      parser.parse(await slim('From: a@example.com\nFrom: b@example.com\n\nx')),
    ]);
    if (mail.status === 'rejected') throw mail.reason;
    expect(mail.value.from).toEqual({ address: 'bob@example.com' });
    expect(await parser.clean(mail.value, [])).toEqual({ text: 'yes', shortened: true });
    expect(refused).toMatchObject({ status: 'rejected', reason: { status: 554 } });
  });

  it.each(['hang', 'die', 'eat'])('refuses a mail that makes it %s, and goes on with the next', async (how) => {
    await using parser = openMailParser(how === 'hang' ? 200 : 60_000, stubborn);
    const bad = parser.parse(Buffer.from(how)).catch((error: unknown) => error);
    const good = parser.parse(Buffer.from('fine'));
    expect(await bad).toBeInstanceOf(MailRefused);
    expect(await bad).toMatchObject({ status: 554 });
    expect(await good).toEqual({ text: 'fine' });
  });

  it('is patient while the machine has no time for the worker: neither its start nor waiting is the fault of a mail', async () => {
    await using parser = openMailParser(50, stubborn);
    expect(await parser.parse(Buffer.from('wait'))).toEqual({ text: 'wait' });
    expect(await parser.parse(Buffer.from('fine'))).toEqual({ text: 'fine' });
  });

  it('tells who waits that it was closed, so that the mail comes again', async () => {
    const parser = openMailParser(60_000, stubborn);
    const waiting = parser.parse(Buffer.from('hang')).catch((error: unknown) => error);
    await parser[Symbol.asyncDispose]();
    expect(await waiting).toMatchObject({ status: 451 });
    await expect(parser.parse(Buffer.from('fine'))).rejects.toMatchObject({ status: 451 });
  });
});
