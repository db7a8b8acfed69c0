import { expect, it } from 'vitest';
import { openHomeserver } from '#bridges/matrix/homeserver.ts';
import { sendFile } from '#bridges/matrix/upload.ts';
import { openUploadLimit } from '#bridges/matrix/upload-limit.ts';
import { fileContent } from '#bridges/matrix/wire/files.ts';
import type { Download, DownloadLimits } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { testHost } from '../../contract/host.ts';
import { AS_TOKEN, homeserver } from '../../fakes/homeserver.ts';

const account = 'romeo@a.example matrix.example' as AccountKey;
const file: FileRef = { url: 'https://a.example/up/1', name: '../x\u0000.png', type: 'text/html', size: 99 };

/** Sends the file by a homeserver, where the gateway opens it as `open` does. */
async function sent(open: () => Promise<Download>, encrypted = false) {
  await using fake = await homeserver();
  const asked: { file: FileRef; limits: DownloadLimits }[] = [];
  const { host: plain } = testHost('matrix.example', 1000, {});
  const media = {
    ...plain.media,
    open(wanted: FileRef, limits: DownloadLimits) {
      asked.push({ file: wanted, limits });
      return open();
    },
  };
  const host = { ...plain, media };
  const made = { host, url: fake.url, namedBy: 'operator', timeout: 1000, token: () => AS_TOKEN } as const;
  const server = openHomeserver(made);
  const uploaded = await sendFile({
    host,
    server,
    limit: openUploadLimit(server, host.clock),
    account,
    file,
    as: '@a:hs.example',
    encrypted,
  });
  return { asked, uploaded, done: fake.done, media: [...fake.state.media.values()] };
}

const content = () => new Blob(['PIXELS']).stream();

it('sends a file as the gateway has opened it, not as its sender calls it', async () => {
  const { asked, uploaded, done } = await sent(async () => ({
    content: content(),
    name: 'x.png',
    type: 'image/png',
    size: 6,
  }));
  expect(asked).toEqual([{ file, limits: { maxBytes: 50 * 1024 * 1024, signal: expect.any(AbortSignal), account } }]);
  expect(done).toEqual(['@a upload image/png 6']);
  expect(fileContent(file, uploaded)).toMatchObject({
    ...{ msgtype: 'm.image', body: 'x.png', filename: 'x.png', url: 'mxc://hs.example/m1' },
    info: { mimetype: 'image/png', size: 6 },
  });
});

it('tells the homeserver nothing of a file for an encrypted room', async () => {
  const { uploaded, done, media } = await sent(
    async () => ({ content: content(), name: 'x.png', type: 'image/png' }),
    true,
  );
  expect(done).toEqual(['@a upload application/octet-stream 6']);
  expect(media[0]?.bytes.toString()).not.toBe('PIXELS');
  expect(uploaded).toMatchObject({ name: 'x.png', type: 'image/png', encrypted: { v: 'v2' } });
});

it('fails for certain, in the words for its sender, where the file breaks on the way', async () => {
  const broken = new Failure('not-acceptable', { text: 'These are other bytes.' });
  const pull = (out: ReadableStreamDefaultController<Uint8Array>) => out.error(broken);
  const sending = sent(async () => ({ content: new ReadableStream({ pull }), name: 'x.png', type: 'image/png' }));
  await expect(sending).rejects.toMatchObject({
    code: 'not-acceptable',
    certain: true,
    words: 'These are other bytes.',
  });
});
