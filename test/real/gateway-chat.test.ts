import { expect, test } from 'vitest';
import { runIsthmus } from '#src/process/cli/demo/gateway.ts';
import { startProsody } from '#src/process/cli/demo/servers/prosody.ts';
import { describeReal } from './servers.ts';
import { xml, xmppClient } from './xmpp.ts';

const PHONE = '+12015550123';
const OURS = '+12015550100';

describeReal('a chat with the gateway', ['prosody'], () => {
  test('previews a text, sends it, and tells what became of it', async () => {
    await using stack = new AsyncDisposableStack();
    const secret = 'secret';
    const domains = { 'irc.localhost': secret, 'sms.localhost': secret };
    const prosody = stack.use(await startProsody({ users: { alice: 'pw' }, domains }));
    const { phones } = stack.use(
      await runIsthmus({
        domain: 'irc.localhost',
        smsDomain: 'sms.localhost',
        secret,
        componentPort: prosody.ports.component,
        ircServer: 'irc.demo',
        // Nobody goes there.
        ircPort: 9,
        users: 'localhost',
        ourNumber: OURS,
        owner: 'alice@localhost',
      }),
    );
    const alice = stack.use(await xmppClient({ port: prosody.ports.c2s, user: 'alice', password: 'pw' }));
    const say = (to: string, text: string, ...more: ReturnType<typeof xml>[]) =>
      alice.send(xml('message', { to, type: 'chat', id: `m-${text}` }, xml('body', {}, text), ...more));
    const heard = async () => {
      const message = await alice.next((one) => one.is('message') && one.getChild('body') !== undefined, 'a message');
      return message.getChildText('body');
    };

    await say('sms.localhost', '(201) 555-0123');
    expect(await heard()).toContain(`xmpp:%2B12015550123@sms.localhost?roster`);
    expect(await heard()).toContain('preview ADDRESS');
    await say('sms.localhost', `preview "(201) 555-0123" ${'x'.repeat(150)}`);
    expect(await heard()).toBe(
      `They would get this, 2 of 6 segments:\nAlice via localhost. Reply STOP to end.\n${'x'.repeat(150)}\n` +
        `From ${OURS}.\nCost, at most: 2 (segments).\nNothing was sent.`,
    );
    await say('sms.localhost', 'preview +447911123456 hello');
    expect(await heard()).toMatch(/^This would be refused: Texts to .* are not permitted/);
    expect(phones.texts).toEqual([]);

    await say(`${PHONE}@sms.localhost`, 'hello', xml('request', { xmlns: 'urn:xmpp:receipts' }));
    await alice.next((one) => one.getChild('received') !== undefined, 'the receipt');
    expect(phones.texts.map(({ text }) => text)).toEqual(['Alice via localhost. Reply STOP to end.\nhello']);
    await say('sms.localhost', 'last');
    const last = await heard();
    expect(last).toMatch(/^Your message to \+12015550123, .* \(UTC\):\n.* accepted/);
    expect(last).toMatch(/ delivered\nIt has arrived, as far as the network tells\.$/);
    expect(last).not.toContain('hello');
  });
});
