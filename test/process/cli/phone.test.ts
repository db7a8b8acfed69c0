import { describe, expect, it } from 'vitest';
import { folder, isthmus } from './isthmus.ts';

const text = (dir: string, provider: string) => `
xmpp: { port: 1 }
store: 'sqlite:${dir}/store.db'
key: { file: '${dir}/isthmus.key' }
transports:
  irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } }
  sms.example.org: { bridge: sms, secret: x, provider: ${provider}, countries: [US], first_contact: refuse }
`;
const DEMO = "{ kind: demo, numbers: ['+12015550100'] }";
const TWILIO = `{ kind: twilio, account_sid: AC${'0'.repeat(32)}, auth_token: x, numbers: ['+12015550100'] }`;

async function phone(file: string, args: readonly string[] = [], input = '') {
  await using running = isthmus(['phone', ...args, '--config', file], { input });
  return await running.ended;
}

describe('isthmus phone', () => {
  it('texts what is typed, and shows what comes, on the phone that is played and on no other', async () => {
    using temporary = folder();
    const file = temporary.file('c.yaml', text(temporary.path, DEMO));
    await using running = isthmus(['run', '--config', file]);
    await running.line(/"msg":"started"/);

    const typed = await phone(file, [], 'Good \u001b[31mmorrow\n\n');
    expect([typed.code, typed.err]).toEqual([0, '']);
    const [first, mine] = typed.out.split('\n');
    expect(first).toContain('+12015550123@sms.example.org');
    expect(mine).toMatch(/^\d\d:\d\d {2}you: Good {1,2}\[31mmorrow$/);
    // A phone that may not write first is told so.
    const shown = await phone(file, ['+1 201-555-0123', '--transport', 'sms.example.org']);
    expect(shown.out).toMatch(/\n\d\d:\d\d {2}\+12015550100: Nobody can be reached here until they/);
    expect((await phone(file, ['+12015550199'])).out.trim().split('\n')).toHaveLength(1);
  });

  it('says what is missing: a gateway, phones, a number', async () => {
    using temporary = folder();
    const file = temporary.file('c.yaml', text(temporary.path, DEMO));
    expect(await phone(file)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('isthmus run') });
    expect(await phone(file, ['Mercutio'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('a number such as'),
    });
    const real = temporary.file('d.yaml', text(temporary.path, TWILIO));
    expect(await phone(real)).toMatchObject({ code: 1, err: expect.stringContaining('kind: demo') });
  });
});
