import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecoveryKey } from '#bridges/matrix/crypto/recovery-key.ts';
import { fitsDescription, openSecret, openSecretStorage } from '#bridges/matrix/crypto/secret-storage.ts';
import { Failure } from '#src/model/failure.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** As clients show a key: in groups of four. */
function typedKey(key: Uint8Array): string {
  const bytes = [0x8b, 0x01, ...key];
  const all = [...bytes, bytes.reduce((sum, byte) => sum ^ byte, 0)];
  let value = BigInt(`0x${Buffer.from(all).toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = `${ALPHABET[Number(value % 58n)]}${text}`;
  return text.replace(/(.{4})(?=.)/g, '$1 ');
}

function seal(key: Uint8Array, name: string, plain: Uint8Array) {
  const both = Buffer.from(hkdfSync('sha256', key, new Uint8Array(32), name, 64));
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', both.subarray(0, 32), iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', both.subarray(32)).update(ciphertext).digest('base64');
  return { iv: iv.toString('base64'), ciphertext: ciphertext.toString('base64'), mac };
}

describe('a recovery key', () => {
  it('is read as it is typed, and one wrong letter is noticed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        expect(readRecoveryKey(` ${typedKey(key)}\n`)).toEqual(key);
      }),
    );
    const typed = typedKey(new Uint8Array(32).fill(7));
    const wrong = typed.replace(/[^ ]$/, (last) => (last === 'a' ? 'b' : 'a'));
    expect([wrong, '', 'EsTr', typed.slice(4), '0OIl', 'x'.repeat(5000)].map(readRecoveryKey)).toEqual(
      Array(6).fill(undefined),
    );
  });
});

describe('the secret storage', () => {
  const key = new Uint8Array(randomBytes(32));
  const data: Record<string, object> = {
    'm.secret_storage.default_key': { key: 'k1' },
    'm.secret_storage.key.k1': seal(key, '', new Uint8Array(32)),
    'm.megolm_backup.v1': { encrypted: { k1: seal(key, 'm.megolm_backup.v1', Buffer.from('the secret')) } },
    'm.other': { encrypted: { k2: {} } },
  };
  const call = async ({ path }: { readonly path: readonly string[] }) => {
    const found = data[path.at(-1) ?? ''];
    if (!found) throw new Failure('item-not-found');
    return found as Readonly<Record<string, unknown>>;
  };

  it('gives a secret to who has its key, and to nobody else', async () => {
    const storage = await openSecretStorage(call, '@a:b', key);
    expect(await storage.read('m.megolm_backup.v1')).toBe('the secret');
    expect([await storage.read('m.other'), await storage.read('m.none')]).toEqual([undefined, undefined]);
    await expect(openSecretStorage(call, '@a:b', new Uint8Array(32))).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('takes nothing that was changed', () => {
    const sealed = seal(key, 'name', Buffer.from('words'));
    expect(openSecret(key, 'name', sealed)).toBe('words');
    expect(openSecret(key, 'other', sealed)).toBeUndefined();
    expect(openSecret(key, 'name', { ...sealed, ciphertext: 'AAAA' })).toBeUndefined();
    expect([{}, { iv: 'AA', mac: 'AA' }, { iv: 5, mac: null }].map((one) => fitsDescription(key, one))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
