import { afterAll, beforeAll, expect, it } from 'vitest';
import { heardFrom, jidOf, write } from './matrix-account-world.ts';
import { isInvitation, type Talk, told } from './matrix-both-ways.ts';
import { sayings } from './matrix-features.ts';
import { conditionOf, type FederatedWorld, left, startFederatedWorld } from './matrix-federation-world.ts';
import type { MatrixJsDevice } from './matrix-js.mjs';
import { describeReal } from './servers.ts';
import { enter, say } from './world.ts';

describeReal('Matrix that federates', ['prosody', 'synapse'], () => {
  let world: FederatedWorld;
  let tybalt: MatrixJsDevice;
  beforeAll(async () => {
    world = await startFederatedWorld();
    tybalt = await world.device('tybalt');
  });
  afterAll(async () => {
    await tybalt?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('has a room of another homeserver by its alias, once its moderators agree', async () => {
    const { room, jid } = await world.openHouse(tybalt, 'ball');
    await tybalt.text(room, 'before he came');
    await using romeo = await world.login('romeo');
    expect(conditionOf(await enter(romeo, jid, 'Romeo'))).toBe('registration-required');
    await world.decide(tybalt, room, 'romeo', '👍');
    await romeo.next((one) => isInvitation(one, jidOf(room)), 'the invitation');
    const parts = { xmpp: romeo, nick: 'Romeo', self: world.ghost('romeo'), far: tybalt, encrypted: false };
    const stage: Talk = { ...parts, room, jid, type: 'groupchat' };
    expect((await enter(romeo, jid, 'Romeo')).attrs.type).toBeUndefined();
    const host = await romeo.next((one) => one.is('presence') && one.attrs.from === `${jid}/tybalt`, 'Tybalt');
    expect(String(host)).toContain('affiliation="owner"');
    await told(stage, 'what was said before', (one) => one.getChildText('body') === 'before he came');
    // An edit and a reaction, and what they are about.
    for (const { there, back } of sayings.slice(0, 2)) {
      await there(stage);
      await back(stage);
    }

    // A ban is of the account of that ghost, and of nobody else.
    await using juliet = await world.login('juliet');
    expect((await enter(juliet, jid, 'Juliet')).attrs.type).toBeUndefined();
    await tybalt.client.ban(room, world.ghost('romeo'), 'brawling');
    expect(String(await left(romeo, `${jid}/Romeo`))).toMatch(/brawling.*"301"/);
    expect(conditionOf(await enter(romeo, jid, 'Romeo'))).toBe('forbidden');
    await say(juliet, jid, 'He is gone', 'j1');
    const said = await tybalt.next(room, ({ content }) => content.body === 'He is gone', 'what Juliet says');
    expect(said.sender).toBe(world.ghost('juliet'));
    await tybalt.client.leave(room);
    await left(juliet, `${jid}/tybalt`);
  });

  it('has none of a room whose moderators refuse', async () => {
    const { room, jid } = await world.openHouse(tybalt, 'vault');
    await using juliet = await world.login('juliet');
    expect(conditionOf(await enter(juliet, jid, 'Juliet'))).toBe('registration-required');
    await world.decide(tybalt, room, 'juliet', '👎');
    const goes = ({
      about,
      content,
    }: {
      readonly about?: string;
      readonly content: { readonly membership?: unknown };
    }) => about?.startsWith('@_xmpp_bot:') === true && content.membership === 'leave';
    await tybalt.next(room, goes, 'that the one who asked goes');
    expect(conditionOf(await enter(juliet, jid, 'Juliet'))).toBe('not-allowed');
  });

  it('has people of another homeserver who begin to talk alone', async () => {
    await using juliet = await world.login('juliet');
    const room = await tybalt.makeRoom({ direct: world.ghost('juliet') });
    await tybalt.joined(room, world.ghost('juliet'));
    await tybalt.text(room, 'A word with one of you');
    // The address names their homeserver.
    await heardFrom(juliet, jidOf(tybalt.user), 'A word with one of you');
    await write(juliet, jidOf(tybalt.user), 'But one word?');
    const answer = await tybalt.next(room, ({ content }) => content.body === 'But one word?', 'the answer');
    expect(answer.sender).toBe(world.ghost('juliet'));
  });
});
