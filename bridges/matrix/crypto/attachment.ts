import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { Json } from '#bridges/matrix/wire/event.ts';

/** A file that is encrypted as it is read. `key` is what it takes to read it (client-server API §11.12.4.2.1), once it was. */
export type EncryptedStream = { readonly content: ReadableStream<Uint8Array>; key(): Json };

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** AES-CTR with a key of its own; the counter's lower half begins at zero. */
export function encryptStream(source: ReadableStream<Uint8Array>): EncryptedStream {
  const secret = randomBytes(32);
  const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)]);
  const cipher = createCipheriv('aes-256-ctr', secret, iv);
  const hash = createHash('sha256');
  let sha256 = '';
  const transform = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, out) {
      const bytes = cipher.update(part);
      hash.update(bytes);
      out.enqueue(new Uint8Array(bytes));
    },
    flush() {
      sha256 = unpadded(hash.digest());
    },
  });
  return {
    content: source.pipeThrough(transform),
    key: () => ({
      v: 'v2',
      key: { alg: 'A256CTR', ext: true, k: secret.toString('base64url'), key_ops: ['encrypt', 'decrypt'], kty: 'oct' },
      iv: unpadded(iv),
      hashes: { sha256 },
    }),
  };
}
