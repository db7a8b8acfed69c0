const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Client-server API §11.12.1.4.3: two bytes in front of the key, and a parity byte behind it. */
const HEAD = [0x8b, 0x01];
const KEY = 32;

/** The key that a recovery key as people type it stands for; nothing where it is none. Pure. */
export function readRecoveryKey(typed: string): Uint8Array | undefined {
  const bytes = base58(typed.replace(/\s+/g, ''));
  if (!bytes || bytes.length !== HEAD.length + KEY + 1) return undefined;
  if (HEAD.some((byte, index) => bytes[index] !== byte)) return undefined;
  const parity = bytes.reduce((sum, byte) => sum ^ byte, 0);
  return parity === 0 ? bytes.slice(HEAD.length, HEAD.length + KEY) : undefined;
}

function base58(text: string): Uint8Array | undefined {
  // As long as a key may be: what is longer is none, and would only take time.
  if (text === '' || text.length > 100) return undefined;
  let value = 0n;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit === -1) return undefined;
    value = value * 58n + BigInt(digit);
  }
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}
