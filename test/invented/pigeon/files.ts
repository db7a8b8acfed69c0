import { z } from 'zod';
import type { ByteRange, LoginWork, OpenedFile } from '#src/bridge.ts';
import type { PigeonConfig } from './config.ts';
import { openLine } from './login.ts';

const kept = z.object({ id: z.string(), key: z.number() });

/** Fetches a file, or a part of it, from the loft, and takes off what hides it. Rejects with a `Failure`. */
export async function openFile(
  { config, host }: Pick<LoginWork<PigeonConfig>, 'config' | 'host'>,
  reference: string,
  range?: ByteRange,
): Promise<OpenedFile> {
  const { id, key } = kept.parse(JSON.parse(reference));
  await using line = await openLine(config, host);
  const { start = 0, end } = range ?? {};
  const { data = '', size = 0 } = await line.ask({
    do: 'file',
    of: id,
    from: start,
    ...(end !== undefined && { to: end }),
  });
  const plain = Buffer.from(data, 'base64').map((byte) => byte ^ key);
  return {
    content: ReadableStream.from([new Uint8Array(plain)]) as ReadableStream<Uint8Array>,
    size,
    ...(range && { range: { start, end: start + plain.length - 1 } }),
  };
}
