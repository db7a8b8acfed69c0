// What reading mail costs: how much a large one lets the process grow, and how many usual ones are read in a second.
// node_modules/.bin/node --expose-gc bench/mail.ts [MEGABYTES [MAILS]]
import { randomBytes } from 'node:crypto';
import { usualLimits } from '#bridges/email/wire/mail.ts';
import { openMailParser } from '#bridges/email/wire/parser.ts';
import { splitMail } from '#bridges/email/wire/split.ts';

const SIZE = Number(process.argv[2] ?? 20) * 1_000_000;
const MAILS = Number(process.argv[3] ?? 1000);
const HEAD =
  'From: Bob <bob@example.com>\r\nTo: alice@mail.example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@example.com>\r\n' +
  'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
  'See the film.\r\n\r\nOn Mon, 30 Nov 2026 at 10:00, Alice <alice@mail.example.org> wrote:\r\n> Do you have it?\r\n';
const LINE = `${randomBytes(57).toString('base64')}\r\n`;

/** A mail of that size, as it comes from a socket: its file is one line again and again. */
async function* mail(size: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(
    `${HEAD}--b\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
  );
  const chunk = Buffer.from(LINE.repeat(840));
  for (let left = size; left > 0; left -= chunk.length) {
    yield Uint8Array.from(chunk.subarray(0, Math.min(left, chunk.length)));
    // A socket gives the loop its turn, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield Buffer.from('\r\n--b--\r\n');
}

const limits = { ...usualLimits, size: SIZE + 1_000_000 };
let kept = 0;
const keep = async (_: unknown, bytes: ReadableStream<Uint8Array>): Promise<void> => {
  for await (const piece of bytes) kept += piece.length;
};
const megabytes = (size: number): string => `${(size / 1_000_000).toFixed(1)} MB`;

await using parser = openMailParser();
for (let warm = 0; warm < 50; warm++) await parser.parse(await splitMail(mail(1000), keep, limits));
globalThis.gc?.();
kept = 0;
const before = process.memoryUsage().rss;
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
const cpu = process.cpuUsage();
const large = await parser.parse(await splitMail(mail(SIZE), keep, limits));
const used = process.cpuUsage(cpu);
clearInterval(watch);
console.log(
  `one mail of ${megabytes(SIZE)}: grows by ${megabytes(peak - before)} at most (${megabytes(before)} before), ` +
    `${((used.user + used.system) / 1e6).toFixed(2)} s of CPU, ${megabytes(kept)} of files, text ${JSON.stringify(large.text?.slice(0, 13))}`,
);

const began = performance.now();
const cpuOfMany = process.cpuUsage();
const one = async (): Promise<void> => {
  const parsed = await parser.parse(await splitMail(mail(1000), keep, limits));
  await parser.clean(parsed, ['Do you have it?']);
};
for (let done = 0; done < MAILS; done += 50) await Promise.all(Array.from({ length: 50 }, one));
const spent = process.cpuUsage(cpuOfMany);
console.log(
  `${MAILS} usual mails: ${Math.round((MAILS / (performance.now() - began)) * 1000)} a second, ` +
    `${((spent.user + spent.system) / 1000 / MAILS).toFixed(2)} ms of CPU each`,
);
