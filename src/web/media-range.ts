/** The first and the last byte that are wanted, `undefined` for all of them, `none` where there are no such. */
export type RequestedRange = { readonly start: number; readonly end: number } | 'none' | undefined;

/**
 * RFC 9110 §14.2: one range of bytes. Several, and what cannot be read, count as none asked for; that is allowed, and
 * keeps an answer from being larger than the file.
 */
export function rangeOf(header: string | null, size: number): RequestedRange {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec((header ?? '').trim()) ?? [];
  if (from === '' && to === '') return undefined;
  // §14.1.2: without a beginning, so many bytes of the end.
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < start) return undefined;
  return start >= size || end < start ? 'none' : { start, end };
}
