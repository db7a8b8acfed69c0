import { afterAll, beforeAll, describe, it } from 'vitest';
import { linkAccount, startMatrixWorld } from './matrix-account-world.ts';
import { playHistory, type Stage, type StageParts, setStage, setTalk, type Talk } from './matrix-both-ways.ts';
import { playUpgrade, powers, sayings, signs } from './matrix-features.ts';
import { describeReal } from './servers.ts';
import { HOMESERVER } from './synapse.ts';

describeReal('an own account on Matrix, both ways', ['prosody', 'synapse'], () => {
  const resources = new AsyncDisposableStack();
  let parts: Omit<StageParts, 'encrypted' | 'version'>;
  beforeAll(async () => {
    const world = resources.use(await startMatrixWorld({ people: ['alice', 'carol', 'dave'] }));
    const xmpp = resources.use(await world.login('alice'));
    await linkAccount(xmpp, 'alice');
    const far = resources.use(await world.device('carol'));
    const third = resources.use(await world.device('dave'));
    parts = { xmpp, nick: 'alice', self: `@alice:${HOMESERVER}`, far, third };
  });
  afterAll(() => resources[Symbol.asyncDispose]());

  describe.each([
    { room: 'an encrypted room', encrypted: true, version: '11', next: '12' },
    { room: 'a room in plain', encrypted: false, version: '12', next: '11' },
  ])('in $room', ({ encrypted, version, next }) => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage({ ...parts, encrypted, version });
    });

    it.each([...sayings, ...signs, ...powers])('has $feature', async ({ there, back }) => {
      await there(stage);
      await back(stage);
    });

    it('has a room that is replaced', () => playUpgrade(stage, next));
  });

  describe('where two talk alone, encrypted', () => {
    let talk: Talk;
    beforeAll(async () => {
      talk = await setTalk({ ...parts, encrypted: true });
    });

    it.each([...sayings, ...signs])('has $feature', async ({ there, back }) => {
      await there(talk);
      await back(talk);
    });
  });

  it('has the whole past of a room that is older than its archive', () => playHistory({ ...parts, version: '12' }));
});
