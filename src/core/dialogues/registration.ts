import { LONGEST, unfit } from '#mappings/answers.ts';
import { CHOICE } from '#mappings/overrides.ts';
import { formTexts } from '#mappings/texts/forms.ts';
import type { SessionKey } from '#src/bridge.ts';
import type { Logins } from '#src/core/accounts/logins.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Core, RegistrationAt } from '#src/core/index.ts';
import type { Limits } from '#src/core/limits.ts';
import type { People } from '#src/core/people/people.ts';
import type { Transport } from '#src/core/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { type AccountKey, accountKey, splitAccount } from '#src/model/ids.ts';
import type { Sealed } from '#src/model/sealed.ts';
import type { DialogueAt, RunningDialogues } from './dialogue.ts';

export type RegistrationParts = {
  transport(domain: string): Transport;
  readonly dialogues: RunningDialogues;
  readonly limits: Limits;
  readonly logins: Logins;
  readonly people: Pick<People, 'enrolled'>;
  readonly settings: OpenSettings;
};

type Login = Transport['talks']['logins'][number];
type Found = { readonly login: Login; readonly key: SessionKey };
type Known = Readonly<Record<string, Sealed>>;

/** Registration in one form: that of the login which needs no more, else the account's settings. */
export function openRegistration(parts: RegistrationParts): Core['registration'] {
  const { transport, dialogues, limits, logins, people, settings } = parts;

  /** Credentials are for a realm: where there are several, one form does not say for which. */
  function loginOf(account: AccountKey): Found | undefined {
    const { talks, realms } = transport(splitAccount(account).transport);
    const [realm = '', ...more] = realms;
    const login = more.length === 0 ? talks.logins.find(({ oneForm, guests }) => oneForm && !guests) : undefined;
    return login && { login, key: { account, realm } };
  }

  /** The login that is offered at a realm itself. Throws a `Failure` where there is none. */
  function loginAt(account: AccountKey, realm: string): Found {
    const { talks } = transport(splitAccount(account).transport);
    const login = talks.logins.find(({ oneForm, guests }) => oneForm && guests);
    if (!login) throw new Failure('service-unavailable');
    return { login, key: { account, realm } };
  }

  const found = ({ realm }: RegistrationAt, account: AccountKey): Found | undefined =>
    realm === undefined ? loginOf(account) : loginAt(account, realm);

  const settingsPlace = (account: AccountKey) => ({ kind: 'realm', account, realm: '' }) as const;

  /** Begins the login, and gives the form at which it stands. */
  async function begin(
    owner: string,
    { login, key }: Found,
    finish: (credentials: Known) => Promise<void>,
  ): Promise<{ readonly at: DialogueAt; readonly form: Form }> {
    const first = await dialogues.start(owner, {
      start: (signal) => login.start(signal, key),
      finish: (credentials) => finish(credentials).then(() => ({ text: '' })),
    });
    if (first.kind !== 'step') throw new Error('a login of one form asks for nothing');
    const at = { owner, id: first.id };
    if (first.step.kind === 'form') return { at, form: first.step.form };
    dialogues.cancel(at);
    throw new Error('a login of one form begins with something else');
  }

  async function logIn(wanted: Found, owner: string, given: Answer): Promise<void> {
    const { key } = wanted;
    const known = await logins.credentials(key);
    const { at, form } = await begin(owner, wanted, async (credentials) => {
      await logins.register(key, credentials);
    });
    let answer: Answer | undefined;
    try {
      answer = filled(form, given, known);
    } finally {
      if (!answer) dialogues.cancel(at);
    }
    if (!answer) return;
    const end = await dialogues.answer(at, answer).catch((error: unknown) => {
      dialogues.drop((_owner, id) => id === at.id);
      throw acceptable(error);
    });
    if (end.kind === 'done') return;
    dialogues.cancel(at);
    throw new Error('a login of one form wants more');
  }

  return {
    async form(where, { owner, user }) {
      const account = accountKey(user, where.transport);
      const wanted = found(where, account);
      if (!wanted) return atFirst(await settings.form(settingsPlace(account), 'account'));
      const known = await logins.credentials(wanted.key);
      const { at, form } = await begin(owner, wanted, async () => undefined);
      dialogues.cancel(at);
      return { ...form, fields: form.fields.map((field) => shown(field, known)) };
    },
    async register(where, who, answer) {
      limits.spend('registrations', who.user);
      const account = accountKey(who.user, where.transport);
      const wanted = found(where, account);
      if (wanted) await logIn(wanted, who.owner, answer);
      else {
        await settings.change({ place: settingsPlace(account), scope: 'account', answer });
        await logins.enrol(account);
      }
      return people.enrolled(account);
    },
  };
}

/** A field with what was given before. XEP-0077 §3.1: what is known is shown, and secrets are not. */
function shown(field: Field, known: Known | undefined): Field {
  const old = field.type === 'secret' ? undefined : known?.[field.name];
  return old ? { ...field, value: [old.open()] } : field;
}

/**
 * The answer for the login, with what was left blank as it was; nothing where all is to stay as it is. Throws
 * `Failure('not-acceptable')` for what is missing or too long. Fields that were not asked for do not count.
 */
function filled({ fields }: Form, given: Answer, known: Known | undefined): Answer | undefined {
  const answer: Record<string, readonly string[]> = Object.create(null);
  const missing: Field[] = [];
  let changed = false;
  for (const field of fields) {
    if (field.type === 'note') continue;
    const old = known && Object.hasOwn(known, field.name) ? known[field.name]?.open() : undefined;
    const values = valuesOf(field, given) ?? (old === undefined ? undefined : [old]);
    if (values) answer[field.name] = values;
    else if (field.required) missing.push(field);
    changed ||= values !== undefined && values[0] !== old;
  }
  const [first] = missing;
  if (!first) return answer;
  // A secret that is not kept as it was given cannot be tried again: blank means that all stays.
  if (known && !changed && missing.every(({ type }) => type === 'secret')) return undefined;
  throw unfit(first, formTexts.missing);
}

/** What was given for a field, if anything was. */
function valuesOf(field: Field, given: Answer): readonly string[] | undefined {
  const values = Object.hasOwn(given, field.name) ? (given[field.name] ?? []) : [];
  if (values.some((value) => value.length > LONGEST)) throw unfit(field, (label) => formTexts.tooLong(label, LONGEST));
  return values.every((value) => value === '') ? undefined : values;
}

/** XEP-0077 §3.1.1: what the network does not let in is data that is not acceptable. */
function acceptable(error: unknown): unknown {
  if (!(error instanceof Failure) || error.row.type !== 'auth') return error;
  const { words: text, foreign } = error;
  return new Failure('not-acceptable', { text, ...(foreign !== undefined && { foreign }), cause: error });
}

/** Who registers has not met yet what a network does not carry: what becomes of it is among the settings, and taken here. */
const atFirst = (form: Form): Form => ({
  ...form,
  fields: form.fields.filter(({ name }) => !name.startsWith(CHOICE)),
});
