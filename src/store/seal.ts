import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** The cell of the store that a sealed value is for: moved elsewhere, it cannot be opened (SECURITY rule 9). */
export type SealedCell = { readonly table: string; readonly row: readonly string[]; readonly column: string };

/** The key that seals secrets at rest. Its id says which key a value needs and tells nothing about it. */
export type SealKey = { readonly id: string; readonly secret: KeyObject };

/** A sealed value that this key does not open: another key, another cell, or other bytes. */
export class SealBroken extends Error {
  constructor({ table, column }: SealedCell) {
    super(`a sealed value in ${table}.${column} cannot be opened with this key`);
    this.name = 'SealBroken';
  }
}

export const KEY_BYTES = 32;
const FORMAT = 1;
const NONCE = 12;
const TAG = 16;
const CIPHER = 'aes-256-gcm';

/** The key of these 32 bytes. Throws a RangeError for another length. */
export function sealKey(bytes: Uint8Array): SealKey {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  const id = createHash('sha256').update('isthmus key id').update(bytes).digest('hex').slice(0, 16);
  return { id, secret: createSecretKey(bytes) };
}

/** AES-256-GCM (NIST SP 800-38D) under a random nonce: format, nonce, ciphertext, tag. */
export function seal(key: SealKey, cell: SealedCell, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG }).setAAD(aad(key, cell));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return new Uint8Array(Buffer.concat([Buffer.of(FORMAT), nonce, text, cipher.getAuthTag()]));
}

/** What was sealed for that cell. Throws SealBroken. */
export function unseal(key: SealKey | undefined, cell: SealedCell, sealed: Uint8Array): Uint8Array {
  if (!key || sealed.length < 1 + NONCE + TAG || sealed[0] !== FORMAT) throw new SealBroken(cell);
  const nonce = sealed.subarray(1, 1 + NONCE);
  const text = sealed.subarray(1 + NONCE, -TAG);
  const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG })
    .setAAD(aad(key, cell))
    .setAuthTag(sealed.subarray(-TAG));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(text), decipher.final()]));
  } catch {
    // Node says no more than that the tag does not fit, and no more is to be said.
    throw new SealBroken(cell);
  }
}

/** Table, row, column and key id, written so that no two cells look alike. */
const aad = (key: SealKey, { table, row, column }: SealedCell): Buffer =>
  Buffer.from(JSON.stringify([table, row, column, key.id]));
