import { z } from 'zod';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { formText } from '#mappings/forms.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft, EventOf } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { spoken, wordsIn } from '#src/model/language.ts';
import { approvalOf, approvalSchema, chosenForm, numberOf } from './approval.ts';

const DAY = 86_400_000;
/** How long a form can be answered, and how long after that it is known that it was one. */
const FORM_TIME = 7 * DAY;
const KNOWN_TIME = 60 * DAY;

const formSchema = z.object({
  their: z.string(),
  thread: z.string(),
  approval: approvalSchema,
  until: z.number(),
  /** The option that was chosen first, which is the one that counts. */
  chosen: z.number().exactOptional(),
});
/** A form that somebody was asked by mail. */
export type MailForm = z.infer<typeof formSchema>;

/** What became of an answer: `done` and `taken` with the form as it is answered. */
export type FormAnswer =
  | { readonly state: 'done' | 'taken'; readonly form: MailForm }
  | { readonly state: 'late' }
  | { readonly state: 'unknown' };

export type MailForms = {
  /** What a mail says of a form, and what is kept of it before the mail leaves. */
  asked(
    event: EventOf<'message'>,
    about: { readonly account: AccountKey; readonly their: string; readonly thread: string },
  ): { readonly text: string; readonly writes: readonly StateWrite[] };
  /** A form by its token, and whose it is. */
  find(token: string): Promise<{ readonly account: AccountKey; readonly form: MailForm } | undefined>;
  /** Answers a form, once. To be called where the account and the peer are alone. `writes` are committed with the answer. */
  choose(token: string, option: number, writes?: readonly StateWrite[]): Promise<FormAnswer>;
  /** The same for a mail that answers one of ours with a number alone; undefined where it does not. */
  replied(event: string, text: string, writes: readonly StateWrite[]): Promise<FormAnswer | undefined>;
};

export function openMailForms({ host, state }: Pick<EmailTransport, 'host' | 'state'>): MailForms {
  const tokenOf = (event: string): string => state.mac('form', event);

  const keep = (account: AccountKey, token: string, form: MailForm): StateWrite[] => [
    { key: `form/${token}`, value: account, seal: true, expires: form.until + KNOWN_TIME },
    { account, key: `form/${token}`, value: JSON.stringify(form), seal: true, expires: form.until + KNOWN_TIME },
  ];

  async function find(token: string) {
    const account = (await host.state.get({ key: `form/${token}` })) as AccountKey | undefined;
    const text = account && (await host.state.get({ account, key: `form/${token}` }));
    return account && text !== undefined ? { account, form: formSchema.parse(JSON.parse(text)) } : undefined;
  }

  async function choose(token: string, option: number, writes: readonly StateWrite[] = []): Promise<FormAnswer> {
    const found = await find(token);
    const chosen = found?.form.approval.options[option];
    if (!found || !chosen) return { state: 'unknown' };
    const { account, form } = found;
    if (form.chosen !== undefined) return { state: 'taken', form };
    if (host.clock.now() >= form.until) return { state: 'late' };
    const answered = { ...form, chosen: option };
    const told: Draft = {
      ids: [`form/${token}` as ForeignId],
      place: { kind: 'contact', account, id: form.their },
      from: { kind: 'network', id: form.their },
      kind: 'message',
      style: 'plain',
      ...spoken(texts.formAnswered(form.approval.question, chosen.label, form.their), host.language(account)),
      form: chosenForm(form.approval, option, form.their),
      thread: form.thread,
    };
    await host.emit([told], [...keep(account, token, answered), ...writes]);
    return { state: 'done', form: answered };
  }

  return {
    asked({ id, form, text }, { account, their, thread }) {
      const language = host.language(account);
      const approval = form && approvalOf(form, language === 'de' ? 'de' : 'en');
      if (!form || !approval)
        return {
          text: form ? [text, formText(form)].filter((one) => one.trim() !== '').join('\n\n') : text,
          writes: [],
        };
      const token = tokenOf(id);
      const choices = approval.options.map(({ label }, at) => {
        const link = host.http.url(`form/${token}/${at + 1}`);
        return `${at + 1}. ${label}${link === undefined ? '' : `: ${link}`}`;
      });
      const notes = form.fields.flatMap(({ type, value = [] }) => (type === 'note' ? value : []));
      const intro = [text, form.title, form.instructions, ...notes].filter(
        (one) => one !== undefined && one.trim() !== '',
      );
      return {
        text: [...new Set(intro), '', approval.question, ...choices, '', wordsIn(texts.formHow, language)].join('\n'),
        writes: keep(account, token, { their, thread, approval, until: host.clock.now() + FORM_TIME }),
      };
    },
    find,
    choose,
    async replied(event, text, writes) {
      const token = tokenOf(event);
      const found = await find(token);
      const option = found && numberOf(found.form.approval, text);
      return option === undefined ? undefined : choose(token, option, writes);
    },
  };
}
