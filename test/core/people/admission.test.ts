import { expect, it } from 'vitest';
import type { OpenCore } from '#src/core/core.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { accountKey, type BareJid, type ForeignId } from '#src/model/ids.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { account, DOMAIN, mercutio, play, romeo, say, TAKEN } from '../journal/journal-world.ts';

let count = 0;
const theirs = (body: EventBody): Draft => ({
  ids: [`f${++count}` as ForeignId],
  place: mercutio,
  from: { kind: 'network', id: 'mercutio' },
  ...body,
});
const hark = theirs({ kind: 'message', text: 'Hark', style: 'plain' });
const answer = (core: OpenCore, action: 'subscribe' | 'unsubscribed'): void =>
  core.accept(
    { kind: 'contact', action, place: mercutio, from: { kind: 'xmpp', bare: romeo } },
    { stanza: 'presence', from: romeo, to: `mercutio@${DOMAIN}`, type: action },
  );
const admits = (core: OpenCore, contact = 'mercutio', by = account) => core.host.admits({ account: by, contact });

it('a bridge asks who is heard, and hears what was not kept; who was declined stays so until they are added', async () => {
  using dir = tempFolder();
  const file = dir.file('s.db');
  await play(file, {}, async ({ core, told }) => {
    expect(await admits(core)).toBe('first');
    expect(await admits(core, 'mercutio', accountKey('nobody' as BareJid, DOMAIN))).toBe('nobody');
    expect(await admits(core, 'mercutio', accountKey(`x@${DOMAIN}` as BareJid, DOMAIN))).toBe('nobody');
    await core.host.emit([theirs({ kind: 'contact', action: 'subscribe' })]);
    expect(await admits(core)).toBe('yes');
    answer(core, 'unsubscribed');
    await untilTrue(async () => (await admits(core)) === 'declined');
    expect(await core.host.emit([hark])).toEqual(['declined']);
    expect(told).toEqual([]);
    await core.stop();
  });
  await play(file, {}, async ({ core, told }) => {
    await core.restore();
    expect(await admits(core)).toBe('declined');
    answer(core, 'subscribe');
    await untilTrue(async () => (await admits(core)) === 'yes');
    expect(await core.host.emit([hark])).toBeUndefined();
    expect(told).toEqual(['Hark']);
    await core.stop();
  });
});

it('who has been written to is no stranger', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, sends }) => {
    say(core, 'm1');
    const { id } = await sends(1);
    await core.host.settle(id, TAKEN);
    await core.host.settle(id, { ids: [], state: 'delivered' });
    expect(await admits(core)).toBe('yes');
    await core.stop();
  });
});

it('who answers before their network has said that it took what was written is no stranger', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, sends }) => {
    say(core, 'm1');
    const { id } = await sends(1);
    expect(await admits(core)).toBe('yes');
    const settled = core.host.settle(id, TAKEN);
    expect(await admits(core)).toBe('yes');
    await settled;
    expect(await admits(core)).toBe('yes');
    expect(await admits(core, 'tybalt')).toBe('first');
    await core.stop();
  });
});

it('who is blocked is not heard, whatever is written to them, until they are unblocked', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, told }) => {
    const who = { owner: `${romeo}/x`, user: romeo };
    const command = (node: string) => core.dialogues.command(who, { place: mercutio, on: 'contact', node });
    await command('block');
    expect(await core.host.emit([hark])).toEqual(['blocked']);
    expect(() => say(core, 'm1')).toThrow(expect.objectContaining({ code: 'blocked' }));
    expect(await admits(core)).toBe('blocked');
    await command('unblock');
    expect(await core.host.emit([hark])).toBeUndefined();
    expect(told).toEqual(['Hark']);
    await core.stop();
  });
});
