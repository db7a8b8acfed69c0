import { expect, it } from 'vitest';
import type { Call } from '#bridges/matrix/homeserver/homeserver.ts';
import { openUploadLimit } from '#bridges/matrix/media/upload-limit.ts';
import { Failure } from '#src/model/failure.ts';

const HOUR = 3_600_000;

/** A limit as answers in turn tell it: an object, or why there is none. The time is `at.now`. */
function asked(...answers: readonly (object | Failure)[]) {
  const paths: string[] = [];
  const left = [...answers];
  const at = { now: 0 };
  const server = {
    async bytes({ path }: Call) {
      paths.push(path.join('/'));
      const answer = left.shift();
      if (answer instanceof Failure) throw answer;
      return Response.json(answer);
    },
  };
  return { at, paths, limit: openUploadLimit(server, { now: () => at.now }) };
}

it('asks once an hour, also where several files are on their way at once', async () => {
  const { at, paths, limit } = asked({ 'm.upload.size': 7 }, { 'm.upload.size': 8 });
  expect(await Promise.all([limit.most(), limit.most('@a:hs')])).toEqual([7, 7]);
  at.now = HOUR - 1;
  expect(await limit.most()).toBe(7);
  expect(paths).toEqual(['client/v1/media/config']);
  at.now = HOUR;
  expect(await limit.most()).toBe(8);
  expect(paths).toHaveLength(2);
});

it('asks a homeserver of before where it tells it', async () => {
  const { paths, limit } = asked(new Failure('not-supported'), { 'm.upload.size': 9 });
  expect(await limit.most()).toBe(9);
  expect(paths).toEqual(['client/v1/media/config', 'media/v3/config']);
});

it.each([
  { told: {} },
  { told: { 'm.upload.size': null } },
  { told: { 'm.upload.size': 0 } },
  { told: { 'm.upload.size': -1 } },
  { told: { 'm.upload.size': '9' } },
  { told: { 'm.upload.size': 2 ** 40 } },
])('takes $told for no limit but its own', async ({ told }) => {
  expect(await asked(told, told).limit.most()).toBe(2 ** 30);
});

it('asks again for the next file where it got no answer', async () => {
  const { paths, limit } = asked(new Failure('remote-server-timeout'), { 'm.upload.size': 9 });
  expect(await limit.most()).toBe(2 ** 30);
  expect(await limit.most()).toBe(9);
  expect(paths).toHaveLength(2);
});
