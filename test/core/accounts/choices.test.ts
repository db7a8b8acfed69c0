import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spokenForm } from '#mappings/forms.ts';
import { irc } from '#mappings/irc.ts';
import type { Overrides } from '#mappings/overrides.ts';
import { openChoices } from '#src/core/accounts/choices.ts';
import { openLanguages } from '#src/core/accounts/languages.ts';
import { openSettings } from '#src/core/accounts/settings.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { Answer } from '#src/model/form.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { folder } from '../../process/cli/isthmus.ts';

const DOMAIN = 'irc.example';
const account = accountKey('romeo@a.example' as BareJid, DOMAIN);
const other = accountKey('juliet@a.example' as BareJid, DOMAIN);
const contact: Place = { kind: 'contact', account, id: 'mercutio%net' };
const verona: Place = { kind: 'shared', transport: DOMAIN, id: '#verona%net' };
const realm: Place = { kind: 'realm', account, realm: 'net' };

let dir: ReturnType<typeof folder>;
let store: Store;

beforeEach(async () => {
  dir = folder();
  store = await openStore({ url: `sqlite:${dir.path}/s.db`, log: pino({ level: 'silent' }), clock: systemClock });
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

const open = (overrides: Overrides = {}) =>
  openChoices({ store, transports: new Map([[DOMAIN, { mapping: irc, overrides }]]), now: () => 1 });

const settingsWith = (choices: ReturnType<typeof open>) =>
  openSettings({
    store,
    key: openKey({ text: '01'.repeat(32) }),
    now: () => 1,
    schemas: () => ({}),
    realm: () => 'net',
    defaults: () => ({ persistent: false, replay: 20 }),
    choices,
    languages: openLanguages({ store }),
    digests: { took: () => undefined, forget: () => undefined },
  });

describe('what users choose of a table', () => {
  it('holds for the conversation, then for the account, then as the operator has it', async () => {
    const choices = open({ reaction: 'drop' });
    const at = (place: Place, who: AccountKey = account) => choices.at('out', place, who);
    expect(at(contact)).toEqual({ reaction: 'drop' });
    await settingsWith(choices).change({
      place: realm,
      scope: 'account',
      answer: { 'mapping.reaction': ['line'], 'mapping.edit': ['full'] },
    });
    await choices.change({ account, place: verona }, { 'mapping.reaction': ['private'], 'mapping.edit': ['usual'] });
    expect(at(contact)).toEqual({ reaction: 'line', edit: 'full' });
    expect(at(verona)).toEqual({ reaction: 'private', edit: 'full' });
    expect(at(verona, other)).toEqual({ reaction: 'drop' });
    expect(choices.at('out', verona, undefined)).toEqual({ reaction: 'drop' });
  });

  it('is among the settings of the account, with words for each rung, where the operator leaves it open', async () => {
    const choices = open({ reaction: 'drop', fixed: ['edit'] });
    const { fields } = spokenForm(await settingsWith(choices).form(realm, 'account'), 'en');
    const names = fields.map(({ name }) => name);
    expect(names).toContain('mapping.in.notice');
    // Fixed, and one that leaves nothing to choose.
    expect(names).not.toContain('mapping.edit');
    expect(names).not.toContain('mapping.call');
    expect(fields.find(({ name }) => name === 'mapping.reaction')).toMatchObject({
      label: 'reaction, from you',
      type: 'choice',
      value: ['usual'],
      options: [
        { value: 'usual', label: 'as usual (drop)' },
        { value: 'react' },
        { value: 'line' },
        { value: 'private' },
        { value: 'drop' },
      ],
    });
  });

  it('is not offered where it would change nothing', () => {
    const choices = open();
    const namesAt = (place: Place) => choices.form({ account, place }).fields.map(({ name }) => name);
    expect(namesAt(contact)).toContain('mapping.in.notice');
    expect(namesAt(verona)).not.toContain('mapping.in.notice');
    expect(namesAt(verona)).toContain('mapping.reaction');
  });

  it('is no other rung than those of the table', async () => {
    const choices = open();
    const wrong = { 'mapping.reaction': ['shout'] };
    await expect(choices.change({ account, place: contact }, wrong)).rejects.toThrow('mapping.reaction');
    expect(choices.at('out', contact, account)).toEqual({});
  });

  it('is there after a restart, is taken back, and goes with the account', async () => {
    const first = open();
    await first.change({ account, place: contact }, { 'mapping.reaction': ['drop'], 'mapping.in.notice': ['plain'] });
    await settingsWith(first).change({ place: realm, scope: 'account', answer: { 'mapping.edit': ['drop'] } });
    const again = open();
    await again.load();
    expect(again.at('out', contact, account)).toEqual({ reaction: 'drop', edit: 'drop' });
    expect(again.at('in', contact, account)).toEqual({ notice: 'plain' });
    expect(
      again.form({ account, place: contact }).fields.find(({ name }) => name === 'mapping.reaction'),
    ).toMatchObject({
      value: ['drop'],
    });
    await again.change({ account, place: contact }, { 'mapping.reaction': ['usual'] });
    expect(again.at('out', contact, account)).toEqual({ edit: 'drop' });
    const settings = settingsWith(again);
    await settings.change({ place: realm, scope: 'account', answer: { 'mapping.edit': ['usual'] } });
    expect(again.at('out', contact, account)).toEqual({});
    settings.forget(account);
    expect(again.at('in', contact, account)).toEqual({});
  });

  it('holds no more where the operator has fixed it since', async () => {
    await open().change({ account, place: contact }, { 'mapping.reaction': ['line'] });
    const later = open({ reaction: 'drop', fixed: ['reaction'] });
    await later.load();
    expect(later.at('out', contact, account)).toEqual({ reaction: 'drop' });
  });

  it('is all that two clients choose for a conversation at once', async () => {
    const choices = open();
    const change = (rung: Answer) => choices.change({ account, place: contact }, rung);
    await Promise.all([change({ 'mapping.reaction': ['line'] }), change({ 'mapping.edit': ['drop'] })]);
    const kept = { reaction: 'line', edit: 'drop' };
    expect(choices.at('out', contact, account)).toEqual(kept);
    const again = open();
    await again.load();
    expect(again.at('out', contact, account)).toEqual(kept);
  });

  it('is kept for so many conversations of one account and no more', async () => {
    const choices = open();
    const change = (id: string) =>
      choices.change({ account, place: { ...contact, id } as Place }, { 'mapping.edit': ['drop'] });
    for (let at = 0; at < 200; at++) await change(`n${at}%net`);
    await expect(change('one-more%net')).rejects.toThrow('200 conversations');
    await change('n7%net');
  });
});
