import type { KeptFile, Shelf } from '#src/core/index.ts';
import { rangeOf } from './media-range.ts';
import { servedAs } from './media-types.ts';
import { plain } from './status.ts';

/** Answers a request below /media/. */
export type MediaPages = (request: Request) => Promise<Response>;

/** Nothing in a file may run, load or leave; its own bytes may be shown. Other headers are those of every page. */
const POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

const EXPIRED = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>This file has expired</title>
<h1>This file has expired</h1>
<p>Files are kept here for a while and then removed. Ask whoever shared it to send it again.</p>
</html>
`;

/** /media/SECRET/NAME. Only the whole address is known: another name in it is another file, and there is none. */
export function mediaPages(shelf: Shelf): MediaPages {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return plain(405, 'Files can only be fetched.', { Allow: 'GET, HEAD' });
    const [, secret = '', name = ''] = /^\/media\/([^/]+)\/([^/]+)$/.exec(new URL(request.url).pathname) ?? [];
    const file = await shelf.open(secret);
    if (file?.kind === 'expired') return expired(request);
    if (!file || plainName(name) !== file.name) return plain(404, 'There is no such file.');
    return serve(file, request);
  };
}

function expired({ method }: Request): Response {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY };
  return new Response(method === 'HEAD' ? null : EXPIRED, { status: 410, headers });
}

/** Empty for what is no encoded name. */
function plainName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (error) {
    if (error instanceof URIError) return '';
    throw error;
  }
}

async function serve(file: KeptFile, request: Request): Promise<Response> {
  const tag = `"${file.id.slice(0, 32)}"`;
  const { type, inline } = servedAs(file.type);
  const headers = new Headers({
    'Content-Type': type,
    'Content-Disposition': disposition(inline ? 'inline' : 'attachment', file.name),
    'Content-Security-Policy': POLICY,
    'Accept-Ranges': 'bytes',
    ETag: tag,
  });
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

/** RFC 6266 §4.3, RFC 8187 §3.2. The plain name is for readers who do not know the other. */
function disposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replace(/[^\w .()-]/g, '_');
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${full}`;
}
