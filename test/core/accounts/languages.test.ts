import { describe, expect, it } from 'vitest';
import { openLanguages } from '#src/core/accounts/languages.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';

const romeo = 'romeo@a.example' as BareJid;
const juliet = 'juliet@a.example' as BareJid;
const at = (user: BareJid, transport = 'irc.example') => accountKey(user, transport);
const store = (values: Readonly<Record<string, unknown>> = {}) => ({
  settings: { naming: async () => [{ account: at(romeo), scope: 'account' as const, subject: '', values }] },
});

describe('the language of people', () => {
  it('is English for everybody who has said nothing', () => {
    expect(openLanguages({ store: store() }).of(at(romeo))).toBe('en');
  });

  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-ch', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['deu', 'en'],
    ['', 'en'],
  ])('follows the last stanza: %s is %s', (tag, language) => {
    const languages = openLanguages({ store: store() });
    languages.heard(romeo, tag);
    expect(languages.of(at(romeo))).toBe(language);
    expect(languages.of(at(juliet))).toBe('en');
    // What is answered is in the language of that stanza.
    expect(languages.of(at(romeo), 'de')).toBe('de');
    languages.heard(romeo, 'en');
    expect(languages.of(at(romeo))).toBe('en');
  });

  it('is what the account has chosen, on that transport, also after a restart', async () => {
    const languages = openLanguages({ store: store({ language: 'de' }) });
    await languages.load();
    languages.heard(romeo, 'en');
    expect(languages.of(at(romeo), 'en')).toBe('de');
    expect(languages.of(at(romeo, 'sms.example'))).toBe('en');
    languages.took(at(romeo), { speed: 3 });
    expect(languages.of(at(romeo))).toBe('de');
    languages.took(at(romeo), { language: 'automatic' });
    expect(languages.of(at(romeo))).toBe('en');
    languages.took(at(romeo), { language: 'de' });
    languages.forget(at(romeo));
    expect(languages.of(at(romeo))).toBe('en');
  });

  it('remembers a bounded number of people', () => {
    const languages = openLanguages({ store: store() });
    for (let n = 0; n <= 20_000; n++) languages.heard(`u${n}@a.example` as BareJid, 'de');
    expect(languages.of(at('u0@a.example' as BareJid))).toBe('en');
    expect(languages.of(at('u20000@a.example' as BareJid))).toBe('de');
  });
});
