import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Media } from '#src/bridge.ts';
import { type Lending, type LendingParts, openLending } from '#src/core/media/lending.ts';
import { type MediaParts, type MediaStore, openMedia } from '#src/core/media/media.ts';
import { Failure } from '#src/model/failure.ts';
import { type DownloadParts, openDownloads } from './downloads.ts';

/** The sections of the config that say where files are kept. Sizes in bytes, times in milliseconds. */
export type MediaConfig = {
  readonly limits: { readonly open_files: number };
  readonly xmpp: { readonly upload_hosts?: readonly string[] | undefined };
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

type MediaStoreParts = Pick<MediaParts, 'store' | 'clock' | 'log' | 'upload'>;

/** Milliseconds for which a link to a file of a network leads somewhere where the operator keeps no files. */
const LENT = 7 * 86_400_000;

/** Opens the media store where the operator has configured one, and links where there is a public address. Rejects where its folder cannot be used. */
export async function openMediaOf(
  { limits, xmpp, http, media }: MediaConfig,
  parts: MediaStoreParts & Pick<LendingParts, 'key' | 'bridge'> & Pick<DownloadParts, 'fetch'>,
): Promise<OpenedMedia> {
  const publicUrl = http?.public_url;
  const from = { fetch: parts.fetch, log: parts.log, each: limits.open_files, uploadHosts: xmpp.upload_hosts ?? [] };
  if (publicUrl === undefined) {
    const open = openDownloads(from);
    return { hostFor: () => ({ ...none, open }), store: undefined, lending: undefined, pruning: {} };
  }
  const lending = openLending({ ...parts, publicUrl, retention: media?.retention ?? LENT });
  const store =
    media &&
    (await openMedia({
      ...parts,
      key: parts.key.secret,
      ...placesOf(media),
      ...(!media.upload && { upload: undefined }),
      publicUrl,
    }));
  const open = openDownloads({ ...from, publicUrl, shelf: store, lending });
  return {
    hostFor: (transport) => ({
      ...none,
      ...(store && { put: store.put, hold: store.hold }),
      lend: lending.lendFor(transport),
      open,
    }),
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

const noFiles = () => Promise.reject(new Failure('service-unavailable', { text: texts.noFiles }));

const none: Omit<Media, 'open'> = {
  put: noFiles,
  hold: noFiles,
  lend() {
    throw new Failure('service-unavailable', { text: texts.noAddress });
  },
};
