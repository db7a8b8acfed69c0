import { expect, test } from 'vitest';
import { describeReal } from './servers.ts';
import { enter, heard, overTls, roomOf, say, startWorld } from './world.ts';
import type { XmppClient } from './xmpp.ts';

/** The next thing that the server's own address says and `like` fits. */
const told = (client: XmppClient, like: RegExp): Promise<unknown> =>
  client.next(
    (one) => one.is('message') && one.attrs.from === 'net@irc.localhost' && like.test(one.getChildText('body') ?? ''),
    `${like} from the server`,
  );

describeReal('an encrypted server', ['prosody', 'inspircd'], () => {
  test('that comes back with another certificate is not trusted, and nothing goes in the clear', async () => {
    await using world = await startWorld({ ircd: 'encrypted', net: overTls });
    const room = roomOf('#garden');
    await using alice = await world.login('alice');
    await enter(alice, room, 'Alice');
    await say(alice, room, 'all is well');
    expect(await heard(alice, room)).toBe('Alice: all is well');
    // It makes a new certificate with each start.
    await world.ircd.restart();
    await told(alice, /^Connection lost/);
    for (let times = 0; times < 2; times++) {
      await told(alice, /^Connecting to .* \(encrypted\)$/);
      await told(alice, /^Connection failed: .*certificate/i);
    }
  });
});
