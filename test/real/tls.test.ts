import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCertificate } from '#src/process/cli/demo/servers/inspircd.ts';
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
    const { dir, kill, restart } = world.ircd;
    const files = ['cert.pem', 'key.pem'].map((name) => join(dir, name));
    const kept = files.map((file) => readFileSync(file));
    await kill();
    await writeCertificate(dir, 'irc.test');
    await restart();
    await told(alice, /^Connection lost/);
    await told(alice, /^Connection failed: .*certificate/i);
    // The right one again.
    await kill();
    for (const [index, file] of files.entries()) writeFileSync(file, kept[index] ?? '');
    await restart();
    await told(alice, /^Connected to .* \(encrypted\)\.$/);
    await say(alice, room, 'as before');
    expect(await heard(alice, room)).toBe('Alice: as before');
  });
});
