import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readScript, type Turn } from './script.ts';
import { openStage, type Stage } from './stage.ts';

/** Plays a turn; resolves with what the network heard. */
async function turn({ xmpp, wire }: Stage, { wire: name, direction, text, who }: Turn): Promise<string> {
  if (name === 'xmpp' && direction === 'in') xmpp.send(text);
  else if (name === 'xmpp') await xmpp.next();
  else if (direction === 'in') await wire.say(text, who);
  else return wire.hear(who);
  return '';
}

it('the link that IRC is given leads to the whole text', async () => {
  const script = readScript(join(import.meta.dirname, 'irc', 'long-text.txt'));
  await using stage = await openStage(script);
  const heard: string[] = [];
  for (const one of script.turns) heard.push(await turn(stage, one));
  const [, path] = /https:\/\/gw\.example\/isthmus(\/media\/\S+)/.exec(heard.join('\n')) ?? [];
  const answer = await fetch(`http://${stage.web}${path}`);
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/plain; charset=utf-8']);
  const lines = (await answer.text()).split('\n');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([60, 'line 1', 'line 60']);
});
