import { expect, it } from 'vitest';
import { openHomeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { sendFile } from '#bridges/matrix/media/upload.ts';
import { openUploadLimit } from '#bridges/matrix/media/upload-limit.ts';
import { fileContent } from '#bridges/matrix/wire/files.ts';
import type { Download, DownloadLimits } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';
import { AS_TOKEN, homeserver } from '../../../fakes/homeserver.ts';
import { PATIENCE } from '../../../patience.ts';

const account = 'romeo@a.example matrix.example' as AccountKey;
const file: FileRef = { url: 'https://a.example/up/1', name: '../x\u0000.png', type: 'text/html', size: 99 };

/** Sends the file by a homeserver, where the gateway opens it as `open` does. */
async function sent(open: (wanted: FileRef) => Promise<Download>, encrypted = false, sending = file) {
  await using fake = await homeserver();
  const asked: { file: FileRef; limits: DownloadLimits }[] = [];
  const { host: plain } = testHost('matrix.example', {});
  const media = {
    ...plain.media,
    open(wanted: FileRef, limits: DownloadLimits) {
      asked.push({ file: wanted, limits });
      return open(wanted);
    },
  };
  const host = { ...plain, media };
  const made = { host, url: fake.url, namedBy: 'operator', timeout: PATIENCE, token: () => AS_TOKEN } as const;
  const server = openHomeserver(made);
  const uploaded = await sendFile({
    host,
    server,
    limit: openUploadLimit(server, host.clock),
    account,
    file: sending,
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

const small = { url: 'https://a.example/up/2', type: 'image/png', width: 3, height: 2 };
const picture = (words: string): Download => ({
  content: new Blob([words]).stream(),
  name: 'x.png',
  type: 'image/png',
});

it('puts the small picture of a file beside it, encrypted where the file is', async () => {
  const open = async ({ url }: FileRef) => picture(url === small.url ? 'SMALL' : 'PIXELS');
  const { asked, uploaded, media } = await sent(open, true, { ...file, thumbnail: small });
  expect(asked.map((one) => one.file.url)).toEqual([file.url, small.url]);
  const { info } = fileContent({ ...file, thumbnail: small }, uploaded);
  expect(info).toMatchObject({
    thumbnail_file: { url: 'mxc://hs.example/m2', v: 'v2', hashes: { sha256: expect.any(String) } },
    thumbnail_info: { mimetype: 'image/png', w: 3, h: 2 },
  });
  expect(info).not.toHaveProperty('thumbnail_url');
  expect(media.map(({ type, bytes }) => [type, bytes.toString() === 'SMALL'])).toEqual([
    ['application/octet-stream', false],
    ['application/octet-stream', false],
  ]);
});

it.each([
  { what: 'cannot be had', answer: () => Promise.reject(new Failure('item-not-found')) },
  { what: 'is none', answer: async () => ({ ...picture('<svg>'), type: 'text/plain' }) },
])('sends a file without its small picture where that $what', async ({ answer }) => {
  const open = async (wanted: FileRef) => (wanted.url === small.url ? answer() : picture('PIXELS'));
  const { uploaded, done } = await sent(open, false, { ...file, thumbnail: small });
  expect(uploaded).toMatchObject({ mxc: 'mxc://hs.example/m1' });
  expect(uploaded).not.toHaveProperty('thumbnail');
  expect(done).toHaveLength(1);
});
