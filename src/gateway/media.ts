import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Media } from '#src/bridge.ts';
import { type Lending, type LendingParts, openLending } from '#src/core/media/lending.ts';
import { type MediaParts, type MediaStore, openMedia } from '#src/core/media/media.ts';
import { Failure } from '#src/model/failure.ts';

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
        readonly upload?: boolean;
      }
    | undefined;
};

/** The files of a gateway as its parts get them: the bridges, the core and the pruning. */
export type OpenedMedia = {
  hostFor(transport: string): Media;
  readonly store: MediaStore | undefined;
  readonly lending: Lending | undefined;
  readonly pruning: { readonly pruneMedia?: () => Promise<void> };
};

/** Milliseconds for which a link to a file of a network leads somewhere where the operator keeps no files. */
const LENT = 7 * 86_400_000;

/** Opens the media store where the operator has configured one, and links where there is a public address. Rejects where its folder cannot be used. */
export async function openMediaOf(
  { http, media }: MediaConfig,
  parts: Pick<MediaParts, 'store' | 'clock' | 'log' | 'upload'> & Pick<LendingParts, 'key' | 'bridge'>,
): Promise<OpenedMedia> {
  const publicUrl = http?.public_url;
  if (publicUrl === undefined) return { hostFor: () => none, store: undefined, lending: undefined, pruning: {} };
  const lending = openLending({ ...parts, publicUrl, retention: media?.retention ?? LENT });
  const store =
    media &&
    (await openMedia({ ...parts, ...placesOf(media), ...(!media.upload && { upload: undefined }), publicUrl }));
  return {
    hostFor: (transport) => ({ put: store?.put ?? none.put, lend: lending.lendFor(transport) }),
    store,
    lending,
    pruning: store ? { pruneMedia: store.prune } : {},
  };
}

const placesOf = ({ dir, max_size: maxSize, quota, total, retention }: NonNullable<MediaConfig['media']>) => ({
  dir,
  maxSize,
  quota,
  total,
  retention,
});

const none: Media = {
  put: () => Promise.reject(new Failure('service-unavailable', { text: texts.noFiles })),
  lend() {
    throw new Failure('service-unavailable', { text: texts.noAddress });
  },
};
