import { afterAll, beforeAll, it } from 'vitest';
import { playHistory, type Stage, setStage, setTalk, type Talk } from './matrix-both-ways.ts';
import { playUpgrade, powers, sayings, signs } from './matrix-features.ts';
import { openDevice } from './matrix-js.mjs';
import { startMatrixWorld } from './matrix-world.ts';
import { describeReal } from './servers.ts';
import { HOMESERVER } from './synapse.ts';

describeReal('Matrix as an application service, both ways', ['prosody', 'synapse'], () => {
  const resources = new AsyncDisposableStack();
  let stage: Stage;
  let talk: Talk;
  beforeAll(async () => {
    const world = resources.use(await startMatrixWorld());
    const device = async (user: string) =>
      resources.use(await openDevice({ url: world.synapse.url, user, password: 'pw', encrypted: false }));
    stage = await setStage({
      xmpp: resources.use(await world.login('romeo')),
      nick: 'Romeo',
      self: `@_xmpp_romeo=40localhost:${HOMESERVER}`,
      far: await device('alice'),
      third: await device('bob'),
      encrypted: false,
      version: '11',
    });
    talk = await setTalk(stage);
  });
  afterAll(() => resources[Symbol.asyncDispose]());

  it.each([...sayings, ...signs, ...powers])('has $feature', async ({ there, back }) => {
    await there(stage);
    await back(stage);
  });

  it.each([...sayings, ...signs])('has $feature where two talk alone', async ({ there, back }) => {
    await there(talk);
    await back(talk);
  });

  it('has a room that is replaced', () => playUpgrade(stage, '12'));

  it('has the whole past of a room that is older than its archive', () => playHistory({ ...stage, version: '11' }));
});
