import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStage } from '../conversations/stage.ts';

const JOIN =
  "<presence from='romeo@a.example/orchard' to='#verona%net@irc.example/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>";
const HOME = join(import.meta.dirname, '../conversations/irc');

it('a stop tells the occupants, leaves the network and ends the stream, and loses nothing that was said', async () => {
  await using stage = await openStage({ folder: HOME, options: { caps: 'echo-message' } });
  const { xmpp, wire } = stage;
  xmpp.send(JOIN);
  expect(await wire.hear('Romeo')).toBe('JOIN #verona');
  await wire.say(':Romeo!r@a.host JOIN #verona', 'Romeo');
  await wire.say(':irc.fake 353 Romeo = #verona :Romeo', 'Romeo');
  await wire.say(':irc.fake 366 Romeo #verona :End', 'Romeo');
  expect(await wire.hear('Romeo')).toBe('MODE #verona');
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

it('a stop takes everybody who is shown out of sight, and a start asks who is there', async () => {
  await using stage = await openStage({ folder: join(import.meta.dirname, '../conversations/invented'), options: {} });
  const { xmpp, wire } = stage;
  const heard = async () => {
    const { name, attrs } = await xmpp.next();
    return `${name} ${attrs.type} ${attrs.from}`;
  };
  await wire.order('{"person":"romeo","password":"rapier"}', undefined);
  xmpp.send(
    "<iq type='set' id='r1' from='romeo@a.example/x' to='pigeon.example'><query xmlns='jabber:iq:register'><name>romeo</name><password>rapier</password></query></iq>",
  );
  expect(await heard()).toBe('iq result pigeon.example');
  expect(await heard()).toBe('presence subscribe pigeon.example');
  xmpp.send("<presence type='subscribed' from='romeo@a.example' to='pigeon.example'/>");
  xmpp.send("<presence type='subscribe' from='romeo@a.example' to='pigeon.example'/>");
  expect(await heard()).toBe('presence subscribed pigeon.example');
  expect(await heard()).toBe('presence undefined pigeon.example/gateway');
  // A link that is lost and comes back is a start, too: whoever let us see them is asked.
  xmpp.kill();
  const again = await stage.reconnected();
  const probe = await again.next();
  expect([probe.attrs.type, probe.attrs.from, probe.attrs.to]).toEqual(['probe', 'pigeon.example', 'romeo@a.example']);
  again.send("<presence from='romeo@a.example/x' to='pigeon.example'/>");
  const seen = [(await again.next()).getChildText('show'), (await again.next()).getChildText('show')];
  expect(seen).toEqual(['away', null]);
  const stopped = stage.stop();
  expect((await again.next()).attrs).toMatchObject({ type: 'unavailable', from: 'pigeon.example/gateway' });
  await stopped;
});
