import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Call, Homeserver } from '#bridges/matrix/homeserver.ts';
import { downloadAvatar, openMedia } from '#bridges/matrix/media.ts';
import { referenceOf } from '#bridges/matrix/wire/files.ts';
import { Failure } from '#src/model/failure.ts';

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
