import { html } from 'hono/html';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { type Text, wordsIn } from '#src/model/language.ts';
import type { MailForms } from './forms.ts';

const ROUTE = '/form/:token/:option';
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

/** The page that a choice in a mail leads to. A GET shows it, and only a POST decides: scanners fetch every link. */
export function serveFormPage({ host, alone }: Pick<EmailTransport, 'host' | 'alone'>, forms: MailForms): void {
  const answer = async (status: number, text: Text, button?: Text, language: 'en' | 'de' = 'en'): Promise<Response> => {
    const said = wordsIn(text, language);
    const form = button ? html`<form method="post"><button>${wordsIn(button, language)}</button></form>` : '';
    const page =
      await html`<!DOCTYPE html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${said}</title><body><p>${said}</p>${form}</body></html>`;
    return new Response(page.toString(), { status, headers: HEADERS });
  };
  const optionOf = (option = ''): number => (/^[1-9]\d?$/.test(option) ? Number(option) - 1 : -1);
  const labelOf = (label: string | undefined): string => label ?? '?';

  host.http.route({ method: 'GET', path: ROUTE, maxBytes: 0 }, async (_request, { token = '', option }) => {
    const found = await forms.find(token);
    const chosen = found?.form.approval.options[optionOf(option)];
    if (!found || !chosen) return answer(404, texts.formUnknown);
    const { approval, chosen: first, until } = found.form;
    const language = host.language(found.account) === 'de' ? 'de' : 'en';
    if (first !== undefined)
      return answer(200, texts.formTaken(labelOf(approval.options[first]?.label)), undefined, language);
    if (host.clock.now() >= until) return answer(410, texts.formLate, undefined, language);
    return answer(200, texts.formConfirm(approval.question, chosen.label), texts.formButton, language);
  });

  host.http.route({ method: 'POST', path: ROUTE, maxBytes: 1000 }, async (_request, { token = '', option }) => {
    const found = await forms.find(token);
    if (!found) return answer(404, texts.formUnknown);
    const { account } = found;
    const language = host.language(account) === 'de' ? 'de' : 'en';
    const outcome = await alone(account, found.form.their, () => forms.choose(token, optionOf(option)));
    if (outcome.state === 'unknown') return answer(404, texts.formUnknown, undefined, language);
    if (outcome.state === 'late') return answer(410, texts.formLate, undefined, language);
    const label = labelOf(outcome.form.approval.options[outcome.form.chosen ?? -1]?.label);
    return outcome.state === 'done'
      ? answer(200, texts.formDone(label), undefined, language)
      : answer(409, texts.formTaken(label), undefined, language);
  });
}
