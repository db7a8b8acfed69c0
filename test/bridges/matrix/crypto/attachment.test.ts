import { Attachment, EncryptedAttachment } from '@matrix-org/matrix-sdk-crypto-wasm';
import { expect, it } from 'vitest';
import { encryptStream } from '#bridges/matrix/crypto/attachment.ts';

it('a file that is encrypted as a stream is read by the library of others', async () => {
  const plain = new Uint8Array(200_000).map((_, index) => index % 251);
  const parts = [plain.slice(0, 7), plain.slice(7, 100_001), plain.slice(100_001)];
  const { content, key } = encryptStream(ReadableStream.from(parts));
  const stored = new Uint8Array(await new Response(content).arrayBuffer());
  expect(Buffer.compare(stored, plain)).not.toBe(0);
  const decrypted = Attachment.decrypt(new EncryptedAttachment(stored, JSON.stringify(key())));
  expect(Buffer.compare(decrypted, plain)).toBe(0);
  // What was changed at the homeserver is noticed.
  stored[5] = (stored[5] ?? 0) ^ 1;
  expect(() => Attachment.decrypt(new EncryptedAttachment(stored, JSON.stringify(key())))).toThrow();
});
