import { expect, it } from 'vitest';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { tempFolder } from '../../store/folder.ts';
import { mercutio, play, say, TAKEN } from '../journal/journal-world.ts';

const own = (text: string, id: string): Draft => ({
  ids: [id as ForeignId],
  place: mercutio,
  from: { kind: 'network', id: 'romeo', self: true },
  kind: 'message',
  text,
  style: 'plain',
});

it('what comes back of what was just sent is not told as written elsewhere, whichever is heard first', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, sends, told }) => {
    say(core, 'm1', 'Good morrow', { receipt: false });
    const { id } = await sends(1);
    const echo = core.host.emit([own('Good morrow', 'n1'), own('from my telephone', 'n2')]);
    expect(told).toEqual([]);
    await core.host.settle(id, TAKEN);
    await echo;
    expect(told).toEqual(['repeat', 'from my telephone']);
    await core.stop();
  });
});

it.each(['item-not-found', 'remote-server-timeout'] as const)(
  'what was written elsewhere waits no longer than for a try of what was just sent: it failed with %s',
  async (code) => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, sends, told }) => {
      say(core, 'm1', 'Good morrow', { receipt: false });
      const { id } = await sends(1);
      const echo = core.host.emit([own('from my telephone', 'n2')]);
      await core.host.settle(id, new Failure(code));
      await echo;
      expect(told).toContain('from my telephone');
      await core.stop();
    });
  },
);

it('what was written elsewhere, and waits, is not taken by a gateway that stops', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, sends, told }) => {
    say(core, 'm1', 'Good morrow', { receipt: false });
    await sends(1);
    const failed = expect(core.host.emit([own('from my telephone', 'n2')])).rejects.toMatchObject({ code: 'stopping' });
    await core.stop();
    await failed;
    await expect(async () => core.host.emit([own('from my tablet', 'n3')])).rejects.toMatchObject({ code: 'stopping' });
    expect(told).toEqual([]);
  });
});
