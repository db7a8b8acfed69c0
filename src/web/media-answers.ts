import { servedAs } from './media-types.ts';
import { plain } from './status.ts';

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

export const notThere = (): Response => plain(404, 'There is no such file.');

/** 410 with a page for people. */
export function expired({ method }: Request): Response {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY };
  return new Response(method === 'HEAD' ? null : EXPIRED, { status: 410, headers });
}

/** Whether the name in an address is the file's. */
export function isNamed(file: { readonly name: string }, encoded: string): boolean {
  try {
    return decodeURIComponent(encoded) === file.name;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

/** The headers of a file, whatever is answered of it. */
export function headersOf(file: { readonly name: string; readonly type: string }, tag: string): Headers {
  const { type, inline } = servedAs(file.type);
  return new Headers({
    'Content-Type': type,
    'Content-Disposition': disposition(inline ? 'inline' : 'attachment', file.name),
    'Content-Security-Policy': POLICY,
    'Accept-Ranges': 'bytes',
    ETag: tag,
  });
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
