import { z } from 'zod';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { formText } from '#mappings/forms.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft, EventOf } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { type Language, spoken, wordsIn } from '#src/model/language.ts';
import {
  answeredForm,
  answersIn,
  answersText,
  approvalOf,
  fittingAnswers,
  type MailAnswers,
  type MailQuestionnaire,
  questionnaireOf,
  questionnaireSchema,
} from './questionnaire.ts';

const DAY = 86_400_000;
/** How long a form can be answered, and how long after that it is known that it was one. */
const FORM_TIME = 7 * DAY;
const KNOWN_TIME = 60 * DAY;

const formSchema = z.object({
  their: z.string(),
  thread: z.string(),
  asked: questionnaireSchema,
  until: z.number(),
  /** What was answered first, which is what counts. */
  answers: z.array(z.array(z.string())).exactOptional(),
  /** Nobody has answered in time, and its asker knows. */
  ended: z.boolean().exactOptional(),
});
/** A form that somebody was asked by mail. */
export type MailForm = z.infer<typeof formSchema>;

/** What became of an answer: `done` and `taken` with the form as it is answered. */
export type FormAnswer =
  | { readonly state: 'done' | 'taken'; readonly form: MailForm }
  | { readonly state: 'late' }
  | { readonly state: 'unknown' };

export type MailForms = {
  /** Tells askers of forms that nobody has answered in time, once. */
  expire(): Promise<void>;
  /** What a mail says of a form, and what is kept of it before the mail leaves. */
  asked(
    event: EventOf<'message'>,
    about: { readonly account: AccountKey; readonly their: string; readonly thread: string },
  ): { readonly text: string; readonly writes: readonly StateWrite[] };
  /** A form by its token, and whose it is. */
  find(token: string): Promise<{ readonly account: AccountKey; readonly form: MailForm } | undefined>;
  /** What the page of a form sends along, which nobody has who has not seen it. */
  proof(token: string): string;
  /**
   * Answers a form, once: with what does not fit its questions not at all (`unknown`). To be called where the account and the peer
   * are alone. `writes` are committed with the answer.
   */
  answer(token: string, answers: MailAnswers, writes?: readonly StateWrite[]): Promise<FormAnswer>;
  /** The same for a mail that answers one of ours with numbers alone, which has asked one form; undefined where it does not. */
  replied(events: readonly string[], text: string, writes: readonly StateWrite[]): Promise<FormAnswer | undefined>;
};

export function openMailForms({ host, state, alone }: Omit<EmailTransport, 'shown'>): MailForms {
  const tokenOf = (event: string): string => state.mac('form', event);

  const keep = (account: AccountKey, token: string, form: MailForm): StateWrite[] => [
    { key: `form/${token}`, value: account, seal: true, expires: form.until + KNOWN_TIME },
    { account, key: `form/${token}`, value: JSON.stringify(form), seal: true, expires: form.until + KNOWN_TIME },
  ];

  async function find(token: string) {
    const account = (await host.state.get({ key: `form/${token}` })) as AccountKey | undefined;
    const text = account && (await host.state.get({ account, key: `form/${token}` }));
    const read = text === undefined ? undefined : formSchema.safeParse(JSON.parse(text));
    return account && read?.success ? { account, form: read.data } : undefined;
  }

  async function answer(token: string, given: MailAnswers, writes: readonly StateWrite[] = []): Promise<FormAnswer> {
    const found = await find(token);
    const answers = found && fittingAnswers(found.form.asked, given);
    if (!found || !answers) return { state: 'unknown' };
    const { account, form } = found;
    if (form.answers !== undefined) return { state: 'taken', form };
    if (host.clock.now() >= form.until) return { state: 'late' };
    const answered = { ...form, answers: answers.map((values) => [...values]) };
    const words = answersText(form.asked, answers);
    const told: Draft = {
      ...toAsker(token, account, form),
      ...spoken(texts.formAnswered(words, form.their), host.language(account)),
      form: answeredForm(form.asked, answers, form.their),
    };
    await host.emit([told], [...keep(account, token, answered), ...writes]);
    return { state: 'done', form: answered };
  }

  /** What its asker gets of a form, from who was asked. */
  function toAsker(token: string, account: AccountKey, { their, thread }: MailForm): Draft & { kind: 'message' } {
    return {
      ids: [`form/${token}` as ForeignId],
      place: { kind: 'contact', account, id: their },
      from: { kind: 'network', id: their },
      ...{ kind: 'message', style: 'plain', text: '', thread },
    };
  }

  async function end(token: string): Promise<void> {
    const found = await find(token);
    if (!found || found.form.answers || found.form.ended || host.clock.now() < found.form.until) return;
    const { account, form } = found;
    const asked = form.asked.questions.map(({ label }) => label).join(', ');
    const told: Draft = {
      ...toAsker(token, account, form),
      ...spoken(texts.formUnanswered(asked, form.their), host.language(account)),
      form: { fields: [], ending: { state: 'cancel', by: form.their } },
    };
    await host.emit([told], keep(account, token, { ...form, ended: true }));
  }

  /** The questions as a mail has them, with a link for each choice where there is one question, else with one to the page. */
  function questionsText(asked: MailQuestionnaire, token: string, language: Language): string[] {
    const approval = approvalOf(asked);
    if (approval) {
      const choices = approval.options.map(({ label }, at) => {
        const link = host.http.url(`form/${token}/${at + 1}`);
        return `${at + 1}. ${label}${link === undefined ? '' : `: ${link}`}`;
      });
      return [approval.label, ...choices, '', wordsIn(texts.formHow, language)];
    }
    const link = host.http.url(`form/${token}`);
    const questions = asked.questions.map(({ label, options, required }, at) =>
      [
        `${at + 1}. ${label}${required ? '' : ` ${wordsIn(texts.formOptional, language)}`}`,
        ...options.map((option, index) => `   ${index + 1}) ${option.label}`),
      ].join('\n'),
    );
    const how = link === undefined ? texts.formReplyOnly : texts.formReply(link);
    return [...questions, '', wordsIn(how, language)];
  }

  return {
    asked({ id, form, text }, { account, their, thread }) {
      const language = host.language(account);
      const asked = form && questionnaireOf(form, language === 'de' ? 'de' : 'en');
      if (!form || !asked)
        return {
          text: form ? [text, formText(form)].filter((one) => one.trim() !== '').join('\n\n') : text,
          writes: [],
        };
      const token = tokenOf(id);
      const notes = form.fields.flatMap(({ type, value = [] }) => (type === 'note' ? value : []));
      const intro = [text, form.title, form.instructions, ...notes].filter(
        (one) => one !== undefined && one.trim() !== '',
      );
      return {
        text: [...new Set(intro), '', ...questionsText(asked, token, language)].join('\n'),
        writes: keep(account, token, { their, thread, asked, until: host.clock.now() + FORM_TIME }),
      };
    },
    find,
    async expire() {
      for (const { key } of await host.state.list({ prefix: 'form/' })) {
        const token = key.slice('form/'.length);
        const found = await find(token);
        if (found) await alone(found.account, found.form.their, () => end(token));
      }
    },
    proof: (token) => state.mac('form page', token),
    answer,
    async replied(events, text, writes) {
      const tokens = events.map(tokenOf);
      const all = await Promise.all(tokens.map(async (token) => ({ token, found: await find(token) })));
      const [one, ...more] = all.filter(({ found }) => found !== undefined);
      const answers = one?.found && more.length === 0 ? answersIn(one.found.form.asked, text) : undefined;
      return one && answers && answer(one.token, answers, writes);
    },
  };
}
