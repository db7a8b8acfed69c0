import type { KeptFile, Lending, Shelf } from '#src/core/index.ts';
import { lentPages } from './lent.ts';
import { expired, headersOf, isNamed, notThere } from './media-answers.ts';
import { rangeOf } from './media-range.ts';
import { plain } from './status.ts';

/** Files of networks that one account may have open at a time, where the operator does not say. */
const LENT = 20;

/** Answers a request below /media/. */
export type MediaPages = (request: Request) => Promise<Response>;

/** What there is below /media/: files that are kept here, and files of networks behind links, so many of an account at a time. */
export type Files = {
  readonly shelf?: Shelf | undefined;
  readonly lending?: Lending | undefined;
  readonly lent?: number;
};

/**
 * /media/SECRET/NAME and /media/lent/TOKEN/NAME. Only the whole address is known: another name in it is another file, and
 * there is none.
 */
export function mediaPages({ shelf, lending, lent: most = LENT }: Files): MediaPages {
  const lent = lending && lentPages(lending, most);
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return plain(405, 'Files can only be fetched.', { Allow: 'GET, HEAD' });
    const { pathname } = new URL(request.url);
    const [, token, of = ''] = /^\/media\/lent\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
    if (token !== undefined) return (await lent?.(request, token, of)) ?? notThere();
    const [, secret = '', name = ''] = /^\/media\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
    const file = await shelf?.open(secret);
    if (file?.kind === 'expired') return expired(request);
    if (!file || !isNamed(file, name)) return notThere();
    return serve(file, request);
  };
}

async function serve(file: KeptFile, request: Request): Promise<Response> {
  const tag = `"${file.id.slice(0, 32)}"`;
  const headers = headersOf(file, tag);
  // RFC 9110 §13.1.5: the part is wanted only of the file that the reader has begun with.
  const same = (request.headers.get('If-Range') ?? tag) === tag;
  const wanted = same ? rangeOf(request.headers.get('Range'), file.size) : undefined;
  if (wanted === 'none') {
    return plain(416, 'The file has no such part.', { 'Content-Range': `bytes */${file.size}` });
  }
  const { start, end } = wanted ?? { start: 0, end: file.size - 1 };
  if (wanted) headers.set('Content-Range', `bytes ${start}-${end}/${file.size}`);
  headers.set('Content-Length', String(end - start + 1));
  const bytes = request.method === 'HEAD' || file.size === 0 ? null : await file.read(start, end);
  return new Response(bytes, { status: wanted ? 206 : 200, headers });
}
