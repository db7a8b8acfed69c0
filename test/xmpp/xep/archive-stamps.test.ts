import { expect, it } from 'vitest';
import { archiveStampOf, stampOf, timeOf } from '#src/xmpp/xep/datetime.ts';

it('what was said in one millisecond has stamps in the order of the archive', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  const stamps = ['1767323045006000', '1767323045006001', '1767323045006012'].map((id) => archiveStampOf(at, id));
  expect(stamps).toEqual(['2026-01-02T03:04:05.006000Z', '2026-01-02T03:04:05.006001Z', '2026-01-02T03:04:05.006012Z']);
  expect(stamps.toSorted()).toEqual(stamps);
  for (const stamp of stamps) expect(timeOf(stamp)).toBe(at);
  expect(archiveStampOf(at, undefined)).toBe(stampOf(at));
});
