import { readStopLink, type Suppression } from './out/suppression.ts';
import { texts } from './texts.ts';
import type { EmailTransport } from './transport.ts';

const ROUTE = '/stop/:user/:peer/:mac';
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

const page = (text: string, form: string): string =>
  `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text}</title>` +
  `<body style="font-family:sans-serif;max-width:32em;margin:4em auto;padding:0 1em"><p>${text}</p>${form}</body></html>`;

const answer = (text: string, form = '', status = 200): Response =>
  new Response(page(text, form), { status, headers: HEADERS });

/** The page on which somebody asks for no more mail of a user. A GET shows it, only a POST acts (RFC 8058 §3.1): scanners follow links. */
export function serveStopPage(transport: EmailTransport, suppression: Suppression): void {
  const { http } = transport.host;
  const { en: question } = texts.stopQuestion;
  const gone = () => answer(texts.stopUnknown.en, '', 404);
  http.route({ method: 'GET', path: ROUTE, maxBytes: 0 }, async (_request, params) =>
    readStopLink(transport, params)
      ? answer(question, `<form method="post"><button>${texts.stopButton.en}</button></form>`)
      : gone(),
  );
  http.route({ method: 'POST', path: ROUTE, maxBytes: 1000 }, async (_request, params) => {
    const found = readStopLink(transport, params);
    if (!found) return gone();
    await transport.alone(found.account, found.their, () => suppression.stop(found.account, found.their, 'unwanted'));
    return answer(texts.stopDone.en);
  });
}
