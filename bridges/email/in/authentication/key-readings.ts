import { createPublicKey } from 'node:crypto';
import { getPublicKey, type KeyCache, type KeyRecord, toALabel } from 'mailauth/lib/tools.js';
import { openRecent } from '#src/lib/recent.ts';

/** Keys that are remembered, and the longest record of one, in characters. */
const MOST_KEYS = 500;
const LONGEST_RECORD = 4096;

/**
 * Reads the keys of signatures (RFC 6376 §3.6.1), each record once for all mails: that takes longer than the check of a signature. The
 * record itself is asked for each time, and its text is what a key is found by.
 */
export function openKeyReadings(): (resolver: KeyCache['resolver']) => KeyCache {
  const known = openRecent<KeyRecord>(MOST_KEYS);
  return (resolver) => ({
    resolver,
    async get(type, name, minBitLength, options) {
      const records = await resolver(toALabel(name), 'TXT');
      const text = JSON.stringify([minBitLength, options, records]);
      const found = known.get(text);
      if (found) return found;
      const record = await getPublicKey(type, name, minBitLength, async () => records, options);
      const read = { ...record, publicKey: createPublicKey(record.publicKey) };
      if (text.length <= LONGEST_RECORD) known.set(text, read);
      return read;
    },
  });
}
