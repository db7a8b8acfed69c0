import { expect, it } from 'vitest';
import { SendQueue } from '#bridges/irc/connection/send-queue.ts';
import { penaltyOf } from '#mappings/irc-pace.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { enter, event, rig, say, shared } from '../harness.ts';

it('sends commands first, then talk, then notices, each in its order', () => {
  const queue = new SendQueue();
  const lines = [
    'NOTICE #c :1',
    'PRIVMSG #c :2',
    '@+typing=active TAGMSG #c',
    'JOIN #d',
    'PRIVMSG #c :3',
    'MODE #c +m',
  ];
  for (const line of lines) queue.push({ line, sent: undefined });
  let left = 4;
  const order = () => queue.take({ pays: () => left-- > 0 }).map(({ line }) => line);
  expect(order()).toEqual(['JOIN #d', 'MODE #c +m', 'PRIVMSG #c :2', 'PRIVMSG #c :3']);
  expect(queue.length).toBe(2);
  left = 9;
  expect(order()).toEqual(['NOTICE #c :1', '@+typing=active TAGMSG #c']);
});

it.each([
  ['PRIVMSG #c :word', undefined, 1],
  ['LIST', 'FakeNet', 3],
  ['@label=1 WHO #c', undefined, 3],
  [`PRIVMSG #c :${'x'.repeat(300)}`, 'FakeNet', 1],
  [`PRIVMSG #c :${'x'.repeat(300)}`, 'QuakeNet', 2],
  ['JOIN #c', 'IRCnet', 3],
  ['PRIVMSG #c :word', 'IRCnet', 2],
  [`PRIVMSG #c :${'x'.repeat(300)}`, 'IRCnet', 5],
  ['PING barrier-1', 'IRCnet', 2],
] as const)('counts %s on %s as %i', (line, network, count) => expect(penaltyOf(line, network)).toBe(count));

it('does not say what waits once its user has left, and tells them', async () => {
  await using server = await ircServer({ serve: true });
  await using gateway = await rig(server, {}, { throttle: { burst: 6, per_second: 1 } });
  const { session, far } = await enter(gateway, server, 'romeo');
  const talk = Array.from({ length: 10 }, (_, index) => say('romeo', shared('#c'), `word ${index}`));
  for (const one of talk) gateway.bridge.deliver(one, session);
  await far.until(/^PRIVMSG/);
  const leave = event('romeo', shared('#c'), {
    kind: 'occupant',
    change: 'leave',
    who: { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant' },
  });
  gateway.bridge.deliver(leave, session);
  const outcomes = () => talk.flatMap(({ id }) => gateway.settled.filter((one) => one.id === id));
  await gateway.when(() => outcomes().some(({ outcome }) => outcome instanceof Error));
  const refused = outcomes().filter(({ outcome }) => outcome instanceof Error);
  expect(refused[0]?.outcome).toMatchObject({
    certain: true,
    message: 'You left the channel before this could be sent.',
  });
  gateway.clock.advance(30_000);
  await far.until(/^PART #c/);
  await far.sync();
  expect(far.unread.filter((line) => line.startsWith('PRIVMSG'))).toEqual([]);
});

it('takes back what was not written yet', async () => {
  await using server = await ircServer({ serve: true });
  await using gateway = await rig(server, {}, { throttle: { burst: 6, per_second: 1 } });
  const { session, far } = await enter(gateway, server, 'romeo');
  const talk = Array.from({ length: 10 }, (_, index) => say('romeo', shared('#c'), `word ${index}`));
  for (const one of talk) gateway.bridge.deliver(one, session);
  await far.until(/^PRIVMSG/);
  const [first, last] = [talk[0], talk.at(-1)];
  expect(first && gateway.bridge.withdraw?.(first.id)).toBe(false);
  expect(last && gateway.bridge.withdraw?.(last.id)).toBe(true);
  gateway.clock.advance(30_000);
  await far.until(/word 8$/);
  await far.sync();
  expect(far.unread.join('\n')).not.toContain('word 9');
});
