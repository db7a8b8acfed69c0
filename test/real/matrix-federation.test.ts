import { afterAll, beforeAll, expect, it } from 'vitest';
import { heardFrom, jidOf, linkAccount, write } from './matrix-account-world.ts';
import { isInvitation, type Talk, told, wholeArchive } from './matrix-both-ways.ts';
import { sayings } from './matrix-features.ts';
import { conditionOf, type FederatedWorld, left, startFederatedWorld } from './matrix-federation-world.ts';
import type { MatrixJsDevice } from './matrix-js.mjs';
import { describeReal } from './servers.ts';
import { enter, heard, say } from './world.ts';

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

  it('goes on in a room of a homeserver that was away, and none other can be come into meanwhile', async () => {
    const { room, jid } = await world.openHouse(tybalt, 'garden');
    const other = await world.openHouse(tybalt, 'orchard');
    await using juliet = await world.login('juliet');
    await tybalt.client.invite(room, world.ghost('juliet'));
    await juliet.next((one) => isInvitation(one, jidOf(room)), 'the invitation');
    expect((await enter(juliet, jid, 'Juliet')).attrs.type).toBeUndefined();
    await tybalt.joined(room, world.ghost('juliet'));

    await world.far.stop();
    await say(juliet, jid, 'Who is there?', 'j2');
    await juliet.next((one) => one.attrs.id === 'j2' && one.attrs.type === 'groupchat', 'what Juliet says');
    expect(conditionOf(await enter(juliet, other.jid, 'Juliet'))).toBe('remote-server-timeout');

    await world.bringBack(tybalt);
    await tybalt.next(room, ({ content }) => content.body === 'Who is there?', 'what was said meanwhile');
    await tybalt.text(room, 'It is I');
    expect(await heard(juliet, jid)).toBe('tybalt: It is I');
    await say(juliet, jid, 'Art thou not gone?', 'j3');
    await tybalt.next(room, ({ content }) => content.body === 'Art thou not gone?', 'what Juliet says now');
    const all = ['Who is there?', 'It is I', 'Art thou not gone?'];
    expect(await wholeArchive(juliet, jid, 25)).toEqual(all);
    expect((await world.said(world.far, 'tybalt', room)).toReversed()).toEqual(all);
  });

  it('has one room with somebody who is out of reach when they are written to first', async () => {
    await using romeo = await world.login('romeo');
    await world.far.stop();
    await write(romeo, jidOf(tybalt.user), 'Good Tybalt', 'r1');
    await expect
      .poll(() => world.synapse.output())
      .toContain('POST /_matrix/client/v3/createRoom?user_id=%40_xmpp_romeo');
    await world.bringBack(tybalt);
    const room = await tybalt.invitedBy(world.ghost('romeo'));
    await tybalt.join(room);
    // His homeserver gets what was said before he came in its own time: it is looked for where it was said.
    await expect
      .poll(() => world.later(romeo).then(() => world.saidBefore('romeo', room)), { interval: 500 })
      .toEqual(['Good Tybalt']);
    await tybalt.text(room, 'Villain');
    await heardFrom(romeo, jidOf(tybalt.user), 'Villain');
  });

  it('has rooms of another homeserver for an own account, and encrypted talk that waits for its keys', async () => {
    const alice = `@alice:${world.synapse.name}`;
    await using paris = await world.login('paris');
    await linkAccount(paris, alice);
    const { room, jid } = await world.openHouse(tybalt, 'tomb');
    await tybalt.text(room, 'before he came');
    expect((await enter(paris, jid, 'alice')).attrs.type).toBeUndefined();
    await tybalt.joined(room, alice);
    expect(await wholeArchive(paris, jid, 25)).toEqual(['before he came']);
    const closed = await tybalt.makeRoom({ invite: [alice] });
    await paris.next((one) => isInvitation(one, jidOf(closed)), 'the invitation');
    expect((await enter(paris, jidOf(closed), 'alice')).attrs.type).toBeUndefined();
    await tybalt.joined(closed, alice);

    const direct = await tybalt.makeRoom({ encrypted: true, direct: alice });
    const contact = jidOf(tybalt.user);
    await paris.next((one) => one.attrs.type === 'subscribe' && one.attrs.from === contact, 'Tybalt on the roster');
    await world.far.stop();
    await write(paris, contact, 'Who art thou?', 'p1');
    // The homeserver is asked for his devices, or for keys of them, and does not know.
    const inVain = /Failed to handle device list update for @tybalt|client\/v3\/keys\/claim/;
    await expect.poll(() => world.synapse.output()).toMatch(inVain);
    expect(await world.said(world.synapse, 'alice', direct)).toEqual([]);
    await world.bringBack(tybalt);
    const asked = await tybalt.next(direct, ({ content }) => content.body === 'Who art thou?', 'what Paris says');
    expect(asked).toMatchObject({ sender: alice, encrypted: true });
    await tybalt.text(direct, 'A friend');
    await heardFrom(paris, contact, 'A friend');
    expect((await world.said(world.far, 'tybalt', direct)).length).toBe(2);
  });

  it('enters unasked where the server is listed, and nothing where nobody is asked', async () => {
    const { jid } = await world.openHouse(tybalt, 'street');
    await using romeo = await world.login('romeo');
    await world.gateway[Symbol.asyncDispose]();
    {
      await using _ = await world.launch({ consent: false });
      expect(conditionOf(await enter(romeo, jid, 'Romeo'))).toBe('not-allowed');
    }
    await using _ = await world.launch({ rooms: [world.far.name] });
    expect((await enter(romeo, jid, 'Romeo')).attrs.type).toBeUndefined();
  });
});
