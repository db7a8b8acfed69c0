import type { Media } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type MediaParts, type MediaStore, openMedia } from './media.ts';

/** The sections of the config that say where files are kept. Sizes in bytes, times in milliseconds. */
export type MediaConfig = {
  readonly http?: { readonly public_url?: string | undefined } | undefined;
  readonly media?:
    | {
        readonly dir: string;
        readonly max_size: number;
        readonly quota: number;
        readonly total: number;
        readonly retention: number;
      }
    | undefined;
};

/** The files of a gateway as its parts get them: the bridges, the core and the pruning. */
export type OpenedMedia = {
  readonly host: Media;
  readonly store: MediaStore | undefined;
  readonly pruning: { readonly pruneMedia?: () => Promise<void> };
};

/** Opens the media store where the operator has configured one. Rejects where its folder cannot be used. */
export async function openMediaOf(
  { http, media }: MediaConfig,
  parts: Pick<MediaParts, 'store' | 'clock' | 'log'>,
): Promise<OpenedMedia> {
  if (!media || http?.public_url === undefined) return { host: none, store: undefined, pruning: {} };
  const store = await openMedia({
    ...parts,
    dir: media.dir,
    maxSize: media.max_size,
    quota: media.quota,
    total: media.total,
    retention: media.retention,
    publicUrl: http.public_url,
  });
  return { host: { put: store.put }, store, pruning: { pruneMedia: store.prune } };
}

const none: Media = {
  put: () => Promise.reject(new Failure('service-unavailable', { text: 'This gateway keeps no files.' })),
};
