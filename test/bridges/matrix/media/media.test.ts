import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { encryptStream } from '#bridges/matrix/crypto/attachment.ts';
import type { Call, Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { downloadAvatar, lentFile, openMedia } from '#bridges/matrix/media/media.ts';
import { fileOf, type MatrixFile, referenceOf } from '#bridges/matrix/wire/files.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Media } from '#src/model/media.ts';

it('asks the homeserver for files of addresses of its own network, and nobody else (SECURITY, Matrix in)', async () => {
  const reached: string[] = [];
  const inside = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.end('secret');
  }).listen(0, '127.0.0.1');
  await once(inside, 'listening');
  const { port } = inside.address() as AddressInfo;
  const asked: string[] = [];
  const server = {
    bytes({ path }: Call) {
      asked.push(path.join(' '));
      return Promise.reject(new Failure('item-not-found'));
    },
  } as unknown as Homeserver;
  for (const where of [`127.0.0.1:${port}`, `[::1]:${port}`, `localhost:${port}`, '169.254.169.254', '10.0.0.1']) {
    const mxc = `mxc://${where}/x`;
    await expect(openMedia(server, referenceOf({ mxc }))).rejects.toThrow(Failure);
    expect(await downloadAvatar(server, mxc)).toBeUndefined();
    expect(asked.splice(0)).toEqual([`client v1 media download ${where} x`, `client v1 media thumbnail ${where} x`]);
  }
  inside.close();
  expect(reached).toEqual([]);
});

const DAY = 86_400_000;
const KEY = { key: 'k', iv: 'i', sha256: 's' };

/** A file as it is lent to an account, and what was said of each link. */
function lent(file: MatrixFile) {
  const metas: Parameters<Media['lend']>[1][] = [];
  const lend: Media['lend'] = (reference, meta) => {
    metas.push(meta);
    return { url: `https://gw.example.org/${encodeURIComponent(reference)}`, expires: 0 };
  };
  const account = 'romeo@a.example matrix.example' as AccountKey;
  return { file: lentFile({ lend }, file, { account, encrypted: 3 * DAY }), metas };
}

it('lends what is encrypted for a while only, its small picture too, and what is in plain for as long as all files', () => {
  const thumbnail = { mxc: 'mxc://hs.example/t', type: 'image/png', width: 3, height: 2 };
  const plain = { mxc: 'mxc://hs.example/a', name: 'a.png', type: 'image/png' };
  expect(lent({ ...plain, thumbnail }).metas.map(({ atMost }) => atMost)).toEqual([undefined, undefined]);
  const { file, metas } = lent({ ...plain, key: KEY, thumbnail: { ...thumbnail, key: KEY } });
  expect(metas.map(({ atMost }) => atMost)).toEqual([3 * DAY, 3 * DAY]);
  expect(file).toMatchObject({ name: 'a.png', thumbnail: { type: 'image/png', width: 3, height: 2 } });
  expect(decodeURIComponent(file?.thumbnail?.url ?? '')).toContain('mxc://hs.example/t');
});

it('decrypts a file and its small picture when they are opened, and gives no end to what was changed', async () => {
  const stored = new Map<string, Uint8Array>();
  async function put(id: string, words: string) {
    const { content, key } = encryptStream(new Blob([words]).stream());
    stored.set(id, new Uint8Array(await new Response(content).arrayBuffer()));
    return { ...key(), url: `mxc://hs.example/${id}` };
  }
  const info = { thumbnail_file: await put('small', 'SMALL'), thumbnail_info: { mimetype: 'image/png' } };
  const content = { msgtype: 'm.image', body: 'a.png', file: await put('large', 'PIXELS'), info };
  const read = fileOf({ type: 'm.room.message', content });
  if (!read?.thumbnail) throw new Error('there is a file with a small picture');
  const server = { bytes: async ({ path }: Call) => new Response(stored.get(path.at(-1) ?? '')) } as Homeserver;
  const opened = async (file: Pick<MatrixFile, 'mxc' | 'key'>) =>
    new Response((await openMedia(server, referenceOf(file))).content).text();
  expect([await opened(read), await opened(read.thumbnail)]).toEqual(['PIXELS', 'SMALL']);
  const small = stored.get('small');
  if (small) small[0] = 255 - (small[0] ?? 0);
  await expect(opened(read.thumbnail)).rejects.toThrow();
});
