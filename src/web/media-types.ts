/** Types that browsers show without running anything (SECURITY rule 8): rasters, audio, video. */
const INERT = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/webm',
  'audio/x-wav',
  'video/mp4',
  'video/ogg',
  'video/quicktime',
  'video/webm',
]);

/** How a file of a claimed type is served: as what, and whether it is shown or only downloaded. */
export function servedAs(type: string): { readonly type: string; readonly inline: boolean } {
  if (INERT.has(type)) return { type, inline: true };
  if (type === 'text/plain') return { type: 'text/plain; charset=utf-8', inline: true };
  return { type: 'application/octet-stream', inline: false };
}
