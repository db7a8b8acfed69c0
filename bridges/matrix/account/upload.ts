import { encryptStream } from '#bridges/matrix/crypto/attachment.ts';
import type { Homeserver } from '#bridges/matrix/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import type { Uploaded } from '#bridges/matrix/wire/files.ts';
import type { Host } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';

export type SendFile = {
  readonly host: Pick<Host, 'fetch'>;
  readonly server: Homeserver;
  readonly file: FileRef;
  readonly encrypted: boolean;
};

/** The most bytes of a file that is passed on. */
const MOST_FILE = 1024 * 1024 * 1024;

/** Passes a file on to the media repository as a stream, encrypted on the way where its room is. */
export async function sendFile({ host, server, file, encrypted }: SendFile): Promise<Uploaded> {
  const response = await host.fetch(file.url, { maxBytes: MOST_FILE, timeout: 300_000 });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Failure('item-not-found', { text: texts.fileLost });
  }
  const length = Number(response.headers.get('content-length'));
  const size = Number.isSafeInteger(length) && length > 0 ? length : undefined;
  const type = file.type ?? response.headers.get('content-type') ?? undefined;
  if (!encrypted) return { mxc: await server.upload(response.body, { name: file.name, type, size }) };
  const { content, key } = encryptStream(response.body);
  // The homeserver learns neither its name nor what it is.
  const mxc = await server.upload(content, { type: 'application/octet-stream', size });
  return { mxc, encrypted: key() };
}
