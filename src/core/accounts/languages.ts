import { type AccountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { LANGUAGES, type Language, languageOf } from '#src/model/language.ts';
import type { Store } from '#src/store/index.ts';
import type { Values } from './settings-form.ts';

/** In which language people are spoken to. */
export type Languages = {
  /** Reads what people have chosen. Until then nobody has chosen anything. */
  load(): Promise<void>;
  /** A stanza of somebody says which language it is in (RFC 6120 §8.1.5): the last one holds for what comes unasked. */
  heard(user: BareJid, tag: string): void;
  /** What the account has chosen, else that of the stanza that is answered, else what its user was last heard in. */
  of(account: AccountKey, stanza?: Language): Language;
  /** An account has changed some of its settings. */
  took(account: AccountKey, changes: Values): void;
  /** Drops what an account that was removed has chosen. */
  forget(account: AccountKey): void;
};

export type LanguageParts = { readonly store: { readonly settings: Pick<Store['settings'], 'naming'> } };

/** The setting, and what leaves it to what people's clients say. */
export const LANGUAGE = 'language';
export const AUTOMATIC = 'automatic';

/** Users whose language is remembered; of more the oldest is forgotten (SECURITY rule 11). */
const MOST = 20_000;
const [USUAL] = LANGUAGES;

/** Only those are remembered who are not spoken to as everybody is. */
export function openLanguages({ store }: LanguageParts): Languages {
  const chosen = new Map<AccountKey, Language>();
  const last = new Map<BareJid, Language>();

  function put(account: AccountKey, value: unknown): void {
    const language = LANGUAGES.find((one) => one === value);
    if (language) chosen.set(account, language);
    else chosen.delete(account);
  }

  return {
    async load() {
      for (const { account, scope, values } of await store.settings.naming(LANGUAGE))
        if (scope === 'account') put(account as AccountKey, values[LANGUAGE]);
    },
    heard(user, tag) {
      const language = languageOf(tag) ?? USUAL;
      if (language === (last.get(user) ?? USUAL)) return;
      if (language === USUAL) return void last.delete(user);
      const [oldest] = last.keys();
      if (last.size >= MOST && oldest !== undefined) last.delete(oldest);
      last.set(user, language);
    },
    of: (account, stanza) =>
      chosen.size + last.size === 0
        ? (stanza ?? USUAL)
        : (chosen.get(account) ?? stanza ?? last.get(splitAccount(account).user) ?? USUAL),
    took(account, changes) {
      if (LANGUAGE in changes) put(account, changes[LANGUAGE]);
    },
    forget: (account) => void chosen.delete(account),
  };
}
