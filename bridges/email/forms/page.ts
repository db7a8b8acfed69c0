import { html } from 'hono/html';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Text, wordsIn } from '#src/model/language.ts';
import type { FormAnswer, MailForm, MailForms } from './forms.ts';
import { answersText, approvalOf, type MailAnswers, type MailQuestion } from './questionnaire.ts';

/** The page of all questions, and those of the choices of the only one. */
const WHOLE = '/form/:token';
const CHOICE = '/form/:token/:option';
/** Bytes of what a page sends. */
const MOST = 100_000;
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-store',
};

type Html = ReturnType<typeof html>;

/** The pages that links in a mail lead to. A GET shows them, and only a POST decides: scanners fetch every link. */
export function serveFormPage({ host, alone }: Pick<EmailTransport, 'host' | 'alone'>, forms: MailForms): void {
  const languageFor = (account: AccountKey): 'en' | 'de' => (host.language(account) === 'de' ? 'de' : 'en');

  const answer = async (
    status: number,
    text: Text,
    language: 'en' | 'de' = 'en',
    form: Html | '' = '',
  ): Promise<Response> => {
    const said = wordsIn(text, language);
    const page =
      await html`<!DOCTYPE html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${said}</title><body><p>${said}</p>${form}</body></html>`;
    return new Response(page.toString(), { status, headers: HEADERS });
  };

  /** What is said instead of asking: it was answered, or it is too late. */
  function over({ form, account }: { form: MailForm; account: AccountKey }): Promise<Response> | undefined {
    const language = languageFor(account);
    if (form.answers !== undefined) return answer(200, texts.formTaken(saidIn(form)), language);
    return host.clock.now() >= form.until ? answer(410, texts.formLate, language) : undefined;
  }

  function outcome(found: FormAnswer, language: 'en' | 'de'): Promise<Response> {
    if (found.state === 'unknown') return answer(404, texts.formUnknown, language);
    if (found.state === 'late') return answer(410, texts.formLate, language);
    const said = saidIn(found.form);
    return found.state === 'done'
      ? answer(200, texts.formDone(said), language)
      : answer(409, texts.formTaken(said), language);
  }

  host.http.route({ method: 'GET', path: CHOICE, maxBytes: 0 }, async (_request, { token = '', option }) => {
    const found = await forms.find(token);
    const approval = found && approvalOf(found.form.asked);
    const chosen = approval?.options[optionOf(option)];
    if (!found || !approval || !chosen) return answer(404, texts.formUnknown);
    const language = languageFor(found.account);
    const button = html`<form method="post"><button>${wordsIn(texts.formButton, language)}</button></form>`;
    return over(found) ?? answer(200, texts.formConfirm(approval.label, chosen.label), language, button);
  });

  host.http.route({ method: 'POST', path: CHOICE, maxBytes: 1000 }, async (_request, { token = '', option }) => {
    const found = await forms.find(token);
    const chosen = found && approvalOf(found.form.asked)?.options[optionOf(option)];
    if (!found || !chosen) return answer(404, texts.formUnknown);
    const { account, form } = found;
    const answered = await alone(account, form.their, () => forms.answer(token, [[chosen.value]]));
    return outcome(answered, languageFor(account));
  });

  host.http.route({ method: 'GET', path: WHOLE, maxBytes: 0 }, async (_request, { token = '' }) => {
    const found = await forms.find(token);
    if (!found || approvalOf(found.form.asked)) return answer(404, texts.formUnknown);
    const language = languageFor(found.account);
    const shown = () => answer(200, texts.formFill, language, questionsForm(found.form, forms.proof(token), language));
    return over(found) ?? shown();
  });

  host.http.route({ method: 'POST', path: WHOLE, maxBytes: MOST }, async (request, { token = '' }) => {
    const found = await forms.find(token);
    if (!found || approvalOf(found.form.asked)) return answer(404, texts.formUnknown);
    const { account, form } = found;
    const language = languageFor(account);
    const given = new URLSearchParams(await request.text());
    // Nobody decides who has not been shown what about: neither another site nor a program that posts to what it finds.
    if (given.get('proof') !== forms.proof(token)) return answer(403, texts.formUnknown, language);
    const answers = answersOf(form, given);
    const answered: FormAnswer = answers
      ? await alone(account, form.their, () => forms.answer(token, answers))
      : { state: 'unknown' };
    if (answered.state !== 'unknown') return outcome(answered, language);
    const again = questionsForm(form, forms.proof(token), language, answers ?? []);
    return answer(422, texts.formUnfit, language, again);
  });
}

const optionOf = (option = ''): number => (/^[1-9]\d?$/.test(option) ? Number(option) - 1 : -1);

/** What was answered: of one question the answer alone. */
function saidIn({ asked, answers = [] }: MailForm): string {
  const said = answersText(asked, answers);
  const approval = approvalOf(asked);
  return approval ? said.slice(approval.label.length + 2) : said;
}

const nameOf = (index: number): string => `q${index + 1}`;

/** What a page has sent; nothing where it holds what was not asked, or an option that there is not. */
function answersOf({ asked: { questions } }: MailForm, given: URLSearchParams): MailAnswers | undefined {
  const names = questions.map((_, index) => nameOf(index));
  if ([...given.keys()].some((name) => name !== 'proof' && !names.includes(name))) return undefined;
  const answers = questions.map(({ type, options }, index): (string | undefined)[] => {
    const values = given.getAll(nameOf(index)).filter((one) => one.trim() !== '');
    if (type === 'choice' || type === 'choices') return values.map((one) => options[optionOf(one)]?.value);
    return values.flatMap((one) =>
      type === 'lines' ? one.split(/\r\n|\r|\n/) : type === 'jids' ? one.split(/[\s,]+/) : [one],
    );
  });
  return answers.flat().includes(undefined) ? undefined : answers.map((values) => values.flatMap((one) => one ?? []));
}

function questionsForm({ asked }: MailForm, proof: string, language: 'en' | 'de', given: MailAnswers = []): Html {
  const questions = asked.questions.map((question, index) => fieldset(question, nameOf(index), given[index] ?? []));
  return html`<form method="post"><input type="hidden" name="proof" value="${proof}">${questions}<button>${wordsIn(texts.formButton, language)}</button></form>`;
}

function fieldset({ label, type, required, options }: MailQuestion, name: string, given: readonly string[]): Html {
  const must = required ? html` required` : '';
  if (type === 'choice' || type === 'choices') {
    const kind = type === 'choice' ? 'radio' : 'checkbox';
    const choices = options.map((option, index) => {
      const checked = given.includes(option.value) ? html` checked` : '';
      return html`<label><input type="${kind}" name="${name}" value="${index + 1}"${checked}${type === 'choice' ? must : ''}> ${option.label}</label><br>`;
    });
    return html`<fieldset><legend>${label}</legend>${choices}</fieldset>`;
  }
  const text = given.join('\n');
  const field =
    type === 'lines' || type === 'jids'
      ? html`<textarea name="${name}" maxlength="2000"${must}>${text}</textarea>`
      : html`<input name="${name}" value="${text}" maxlength="2000"${must}>`;
  return html`<p><label>${label}<br>${field}</label></p>`;
}
