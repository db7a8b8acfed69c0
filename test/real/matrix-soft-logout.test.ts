import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  heardFrom,
  jidOf,
  linkAccount,
  logInAs,
  type MatrixWorld,
  online,
  startMatrixWorld,
  write,
} from './matrix-account-world.ts';
import { describeReal } from './servers.ts';
import { HOMESERVER } from './synapse.ts';

/** Seconds that a session of the homeserver lasts (`session_lifetime`): its end is a soft logout. */
const LASTS = 30;

describeReal('an own account on a Matrix whose sessions end', ['prosody', 'synapse'], () => {
  let world: MatrixWorld;
  beforeAll(async () => {
    const settings = { session_lifetime: `${LASTS}s`, refreshable_access_token_lifetime: `${LASTS / 2}s` };
    world = await startMatrixWorld({ people: ['alice', 'carol'], settings });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  /** What the gateway's device is called at the homeserver. */
  async function device(): Promise<readonly string[]> {
    await using other = await world.device('alice');
    return (await other.devices()).flatMap(({ id, name }) => (name === 'Isthmus (XMPP)' ? id : []));
  }

  it('logs in again as the device that it was, with its keys and what was said meanwhile', async () => {
    const me = `@alice:${HOMESERVER}`;
    const from = jidOf(`@carol:${HOMESERVER}`);
    await using alice = await world.login('alice');
    await linkAccount(alice, 'alice');
    const before = await device();
    const ended = alice.next((one) => /wants you to log in again/.test(one.getChildText('status') ?? ''), 'the end');
    let room = '';
    {
      await using carol = await world.device('carol');
      room = await carol.makeRoom({ encrypted: true, direct: me });
      await carol.joined(room, me);
      await carol.text(room, 'Before');
      await heardFrom(alice, from, 'Before');
    }
    await ended;

    await using carol = await world.device('carol');
    await carol.text(room, 'Meanwhile');
    await logInAs(alice, 'alice');
    await online(alice);
    await heardFrom(alice, from, 'Meanwhile');
    await write(alice, from, 'Here again');
    expect(await carol.next(room, ({ content }) => content.body === 'Here again')).toMatchObject({ encrypted: true });
    expect(await device()).toEqual(before);
  });
});
