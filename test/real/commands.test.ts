import { expect, test } from 'vitest';
import { describeReal } from './servers.ts';
import { slixmppClient } from './slixmpp.ts';
import { roomOf, startWorld } from './world.ts';

const GATEWAY = 'irc.localhost';
/** What can be typed in a channel of IRC. */
const TYPED = 'mode topic kick ban unban op deop voice devoice invite nick part msg notice whois away quit raw'.split(
  ' ',
);

describeReal('commands', ['prosody', 'inspircd', 'python3-slixmpp'], () => {
  test('are run by slixmpp, with forms, one step after the other, back and to the end', async () => {
    await using world = await startWorld({ ircd: 'inspircd' });
    const room = roomOf('#garden');
    await using alice = await slixmppClient({ port: world.xmpp.ports.c2s, user: 'alice', password: 'pw' });
    const run = (to: string, node: string, ...steps: (readonly [string, object])[]) =>
      alice.do('command', to, node, ...steps.flatMap(([action, filled]) => [action, JSON.stringify(filled)]));

    expect(await alice.do('commands', GATEWAY)).toEqual([
      ...['configure', 'disconnect-from-irc-server', 'hello', 'last', 'ping', 'register', 'unregister'],
    ]);
    expect(await alice.do('commands', room)).toEqual(
      [...TYPED, 'configure', 'last', 'lists', 'mapping', 'preview'].sort(),
    );

    const settings = 'executing complete stay_connected persistent record_history max_history_length digest';
    const set = await run(GATEWAY, 'configure', ['complete', { stay_connected: 'true', 'mapping.edit': 'full' }]);
    expect(set).toEqual([expect.stringContaining(settings), 'completed info: This is how it is set now.']);
    const again = await run(GATEWAY, 'configure', ['cancel', {}]);
    expect(again).toEqual([expect.stringContaining(settings), 'canceled']);

    expect(
      await run(
        room,
        'mapping',
        ['next', { what: 'mapping.edit' }],
        ['prev', {}],
        ['next', { what: 'mapping.reply' }],
        ['complete', { 'mapping.reply': 'shout' }],
        ['complete', { 'mapping.reply': 'quote' }],
      ),
    ).toEqual([
      'executing next what',
      'executing complete prev mapping.edit',
      'executing next what',
      'executing complete prev mapping.reply',
      'bad-request: reply, from you is none of the options.',
      'completed info: This is how it is done here from now on.',
    ]);

    expect(await run(`net@${GATEWAY}`, 'register')).toEqual([expect.stringMatching(/^not-allowed: .* not encrypted/)]);
    const registered = await run(GATEWAY, 'register');
    expect(registered).toEqual(['completed info: You are registered.']);
    await alice.next((one) => one.name === 'presence' && one.attrs.type === 'subscribe', 'the request of the gateway');
  });
});
