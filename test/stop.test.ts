import { expect, it } from 'vitest';
import { openStage } from './conversations/stage.ts';

const JOIN =
  "<presence from='romeo@a.example/orchard' to='#verona%net@irc.example/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>";

it('a stop tells the occupants, leaves the network and ends the stream, and loses nothing that was said', async () => {
  await using stage = await openStage({ caps: 'echo-message' });
  const { xmpp } = stage;
  xmpp.send(JOIN);
  const irc = await stage.irc('Romeo');
  await irc.until(/^JOIN/);
  irc.send(':Romeo!r@a.host JOIN #verona', ':irc.fake 353 Romeo = #verona :Romeo', ':irc.fake 366 Romeo #verona :End');
  for (let subject = false; !subject; ) subject = (await xmpp.next()).getChild('subject') !== undefined;
  xmpp.send(
    "<message type='groupchat' id='m1' from='romeo@a.example/orchard' to='#verona%net@irc.example'><body>unconfirmed</body></message>",
  );
  await irc.until(/^PRIVMSG/);

  const stopped = stage.stop();
  expect(await irc.until(/^QUIT/)).toMatch(/^QUIT :/);
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
