import { expect, it } from 'vitest';
import type { Draft } from '#src/model/event.ts';
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
