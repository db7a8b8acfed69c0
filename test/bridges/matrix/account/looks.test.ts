import { expect, it } from 'vitest';
import { openLooks } from '#bridges/matrix/account/looks.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';

const account = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const user = '@romeo:hs.example';
const picture = { type: 'image/png', data: Buffer.from('a face').toString('base64'), sha1: 'f1' };

/** The looks of an account whose user has chosen one or the other; `said` is what the homeserver was told. */
function opened() {
  const chosen = { profile: 'keep' };
  const { host } = testHost('matrix.example', { account: chosen });
  const said: string[] = [];
  const faults: Failure[] = [];
  /** What the next uploads wait for. */
  const held: Promise<void>[] = [];
  const server = {
    async call({ path, body }: Call) {
      const fault = faults.shift();
      if (fault) throw fault;
      said.push(`${path.at(-1)} ${Object.values(body ?? {}).join()}`);
      return {};
    },
    async upload(content: Uint8Array) {
      await held.shift();
      said.push(`upload ${Buffer.from(content)}`);
      return `mxc://hs.example/${said.length}`;
    },
  } as unknown as Homeserver;
  return { chosen, said, faults, held, looks: () => openLooks({ host, account, user, server }) };
}

it('an account keeps its name and picture until its user chooses that it follows those on XMPP', async () => {
  const { chosen, said, looks } = opened();
  await looks().wear({ name: 'Romeo M.', avatar: picture });
  expect(said).toEqual([]);
  chosen.profile = 'follow';
  await looks().follow();
  expect(said).toEqual(['displayname Romeo M.', 'upload a face', 'avatar_url mxc://hs.example/2']);
  // Nothing is sent twice, in another session either.
  await looks().follow();
  await looks().wear({ name: 'Romeo M.', avatar: { ...picture } });
  expect(said.splice(0)).toHaveLength(3);
  await looks().wear({ name: 'Banished' });
  await looks().wear({ avatar: null });
  expect(said).toEqual(['displayname Banished', 'avatar_url ']);
});

it('what the homeserver has refused is told with the next change', async () => {
  const { chosen, said, faults, looks } = opened();
  chosen.profile = 'follow';
  faults.push(new Failure('remote-server-timeout'));
  await expect(looks().wear({ name: 'Romeo M.' })).rejects.toThrow();
  await looks().wear({ avatar: picture });
  expect(said).toEqual(['displayname Romeo M.', 'upload a face', 'avatar_url mxc://hs.example/2']);
});

it('looks at last as its user does, also where they change that while a picture is still on its way', async () => {
  const { chosen, said, held, looks } = opened();
  chosen.profile = 'follow';
  const one = looks();
  const { promise, resolve } = Promise.withResolvers<void>();
  held.push(promise);
  const first = one.wear({ avatar: picture });
  const next = { ...picture, data: Buffer.from('a mask').toString('base64'), sha1: 'm1' };
  await new Promise((done) => setImmediate(done));
  const second = one.wear({ avatar: next });
  await new Promise((done) => setImmediate(done));
  resolve();
  await Promise.all([first, second]);
  expect(said).toEqual([
    'upload a face',
    'avatar_url mxc://hs.example/1',
    'upload a mask',
    'avatar_url mxc://hs.example/3',
  ]);
  await looks().follow();
  expect(said).toHaveLength(4);
});
