import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStage } from './conversations/stage.ts';

const JOIN =
  "<presence from='romeo@a.example/orchard' to='#verona%net@irc.example/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>";
const HOME = join(import.meta.dirname, 'conversations/irc');

it('a stop tells the occupants, leaves the network and ends the stream, and loses nothing that was said', async () => {
  await using stage = await openStage({ folder: HOME, options: { caps: 'echo-message' } });
  const { xmpp, wire } = stage;
  xmpp.send(JOIN);
  expect(await wire.hear('Romeo')).toBe('JOIN #verona');
  await wire.say(':Romeo!r@a.host JOIN #verona', 'Romeo');
  await wire.say(':irc.fake 353 Romeo = #verona :Romeo', 'Romeo');
  await wire.say(':irc.fake 366 Romeo #verona :End', 'Romeo');
  for (let subject = false; !subject; ) subject = (await xmpp.next()).getChild('subject') !== undefined;
  xmpp.send(
    "<message type='groupchat' id='m1' from='romeo@a.example/orchard' to='#verona%net@irc.example'><body>unconfirmed</body></message>",
  );
  expect(await wire.hear('Romeo')).toBe('PRIVMSG #verona :unconfirmed');

  const stopped = stage.stop();
  expect(await wire.hear('Romeo')).toMatch(/^QUIT :/);
  const farewell = await xmpp.next();
  const codes = farewell
    .getChild('x')
    ?.getChildren('status')
    .map(({ attrs }) => attrs.code);
  expect([farewell.name, farewell.attrs.type, codes]).toEqual(['presence', 'unavailable', ['110', '332']]);
  const answer = await xmpp.next();
  expect([answer.name, answer.attrs.type, answer.attrs.id]).toEqual(['message', 'error', 'm1']);
  await stopped;
  expect(await xmpp.closed).toBe(true);
});
