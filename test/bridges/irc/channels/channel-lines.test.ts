import { expect, it } from 'vitest';
import { ircServer } from '../../../fakes/irc-server.ts';
import { enter, event, login, rig, say, shared } from '../harness.ts';

const wish = (channel: string) =>
  event('romeo', shared(channel), {
    kind: 'occupant',
    change: 'join',
    who: { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant' },
  });

it('the question for modes goes when nothing else waits, and leaves half of the burst to what people say', async () => {
  await using server = await ircServer({ serve: true });
  await using gw = await rig(server, {}, { throttle: { burst: 4, per_second: 1 } });
  const asked: string[] = [];
  server.on('MODE', ([name = '']) => asked.push(name) > 0);
  const { session, far } = await login(gw, server, 'romeo');
  const joins = ['#a', '#b', '#c', '#d', '#e'].map(wish);
  for (const join of joins) gw.bridge.deliver(join, session);
  await gw.when(() => gw.settled.length === 4);
  await far.sync();
  expect(asked).toEqual([]);

  gw.clock.advance(1000);
  await gw.when(() => gw.settled.length === 5);
  await far.sync();
  expect(asked).toEqual([]);

  gw.clock.advance(3000);
  await far.until(/^MODE #a$/);
  gw.bridge.deliver(say('romeo', shared('#a'), 'one'), session);
  gw.bridge.deliver(say('romeo', shared('#a'), 'two'), session);
  await far.until(/^PRIVMSG #a :two$/);
  expect(asked).toEqual(['#a']);
  for (const name of ['#b', '#c', '#d', '#e']) {
    gw.clock.advance(3000);
    await far.until(new RegExp(`^MODE ${name}$`));
  }
  expect(asked).toEqual(['#a', '#b', '#c', '#d', '#e']);
});

it('whoever asks for the settings of a channel does not wait for that question, and is answered by what was asked for them', async () => {
  await using server = await ircServer({ serve: true });
  await using gw = await rig(server, {}, { throttle: { burst: 4, per_second: 1 } });
  const asked: string[] = [];
  server.on('MODE', ([name = '']) => asked.push(name) > 0);
  const { session, far } = await login(gw, server, 'romeo');
  for (const join of ['#a', '#b', '#c', '#d'].map(wish)) gw.bridge.deliver(join, session);
  await gw.when(() => gw.settled.length === 4);
  await far.sync();
  const form = gw.bridge.ask({ kind: 'config', place: shared('#a') }, session);
  gw.clock.advance(1000);
  await far.until(/^MODE #a$/);
  expect(asked).toEqual(['#a']);
  far.send(':irc.fake 324 romeo #a +m');
  expect(await form).toMatchObject({ facts: { m: '' } });
  gw.clock.advance(3000);
  await far.until(/^MODE #a$/);
});

it('a connection that takes a channel over asks for itself, and a refusal is not told', async () => {
  await using server = await ircServer({ serve: true });
  await using gw = await rig(server);
  const romeo = await enter(gw, server, 'romeo');
  await romeo.far.sync();
  const asked: string[] = [];
  server.on('MODE', ([name = ''], { nick, send }) => {
    send(`:irc.fake 482 ${nick} ${name} :You're not channel operator`);
    return asked.push(nick) > 0;
  });
  const juliet = await enter(gw, server, 'juliet');
  await juliet.far.sync();
  expect(asked).toEqual([]);
  gw.told('realm');
  romeo.far.kill();
  await juliet.far.until(/^MODE #c$/);
  await juliet.far.sync();
  expect(asked).toEqual(['juliet']);
  expect(gw.told('realm').map((draft) => draft.kind === 'message' && draft.text)).toEqual([
    expect.stringMatching(/^Connection lost/),
  ]);
});
