import { createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { type Json, objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { KeyCall } from './machine.ts';

/** The secrets that a user keeps at the homeserver under a recovery key (client-server API §11.12.1). */
export type SecretStorage = {
  /** One of them; nothing where it is not kept under this key. Rejects with `Failure('not-acceptable')` where it is broken. */
  read(name: string): Promise<string | undefined>;
};

/** Keys for a secret of that name, `''` for the key's own check (§11.12.1.2.2). */
function keysFor(key: Uint8Array, name: string): { readonly aes: Uint8Array; readonly mac: Uint8Array } {
  const both = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(32), name, 64));
  return { aes: both.slice(0, 32), mac: both.slice(32) };
}

const hmac = (mac: Uint8Array, bytes: Uint8Array): Uint8Array => createHmac('sha256', mac).update(bytes).digest();

const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

const bytesOf = (value: unknown): Uint8Array => Buffer.from(textOf(value) ?? '', 'base64');

function aesCtr(aes: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array | undefined {
  if (iv.length !== 16) return undefined;
  const cipher = createDecipheriv('aes-256-ctr', aes, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** Whether a key is the one that a description is of: zeros encrypted with it have the description's mark. Pure. */
export function fitsDescription(key: Uint8Array, description: Json): boolean {
  const iv = bytesOf(description.iv);
  const { aes, mac } = keysFor(key, '');
  const zeros = aesCtr(aes, iv, new Uint8Array(32));
  return zeros !== undefined && same(hmac(mac, zeros), bytesOf(description.mac));
}

/** Decrypts a secret; nothing where it was changed, or encrypted with another key. Pure. */
export function openSecret(key: Uint8Array, name: string, encrypted: Json): string | undefined {
  const { aes, mac } = keysFor(key, name);
  const ciphertext = bytesOf(encrypted.ciphertext);
  if (!same(hmac(mac, ciphertext), bytesOf(encrypted.mac))) return undefined;
  const plain = aesCtr(aes, bytesOf(encrypted.iv), ciphertext);
  return plain && Buffer.from(plain).toString('utf8');
}

/**
 * Opens the storage of a user with a recovery key. Rejects with `Failure('item-not-found')` where they have none, and
 * with `Failure('not-acceptable')` where that is not its key.
 */
export async function openSecretStorage(call: KeyCall, user: string, key: Uint8Array): Promise<SecretStorage> {
  const data = (type: string) => call({ method: 'GET', path: ['v3', 'user', user, 'account_data', type] });
  const id = textOf((await data('m.secret_storage.default_key')).key);
  if (id === undefined) throw new Failure('item-not-found');
  if (!fitsDescription(key, await data(`m.secret_storage.key.${id}`))) throw new Failure('not-acceptable');
  return {
    async read(name) {
      const kept = await data(name).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'item-not-found') return undefined;
        throw error;
      });
      const encrypted = objectOf(kept?.encrypted)[id];
      if (encrypted === undefined) return undefined;
      const secret = openSecret(key, name, objectOf(encrypted));
      if (secret === undefined) throw new Failure('not-acceptable');
      return secret;
    },
  };
}
