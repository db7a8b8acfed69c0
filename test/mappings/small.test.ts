import { describe, expect, it } from 'vitest';
import { fileType, sizeText, urlText } from '#mappings/files.ts';
import { formText } from '#mappings/forms.ts';
import { cleanName, plainLetters, withoutInvisible } from '#mappings/names.ts';
import { nearestShow, showText } from '#mappings/presence.ts';
import { letterOfAffiliation, letterOfRole, standingOf } from '#mappings/roles.ts';
import type { Show } from '#src/model/event.ts';
import type { Affiliation, Role } from '#src/model/party.ts';

describe('files', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [5e15, '5000 TB'],
  ])('%s bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

  it('are of a coarse type', () => {
    const types = ['image/png', 'VIDEO/mp4', 'audio/ogg', 'application/pdf', undefined];
    expect(types.map((type) => fileType(type === undefined ? { url: 'x' } : { url: 'x', type }))).toEqual([
      'image',
      'video',
      'audio',
      'other',
      'other',
    ]);
  });

  it('have an address of one word', () => {
    expect(urlText('https://a.example/a b\r\nQUIT\u202e"<é>')).toBe(
      'https://a.example/a%20b%0D%0AQUIT%E2%80%AE%22%3Cé%3E',
    );
  });
});

describe('names', () => {
  it.each([
    ['  Juliet \n Capulet\t', 'Juliet Capulet'],
    ['\u202eoemoR\u202c', 'oemoR'],
    ['a\u0000b\u0085c', 'ab c'],
    ['\u200b\ufeff', ''],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
  ])('%j is cleaned', (name, clean) => expect(cleanName(name)).toBe(clean));

  it('are cut between characters', () => {
    expect(cleanName('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 8)).toBe('👨‍👩‍👧‍👦');
    expect(withoutInvisible('a\u2066b\nc')).toBe('ab\nc');
    expect(plainLetters('José Ångström')).toBe('Jose Angstrom');
  });
});

describe('presence', () => {
  it.each<[Show, readonly Show[], Show | undefined]>([
    ['dnd', ['available', 'away'], 'away'],
    ['chat', ['available', 'away'], 'available'],
    ['xa', ['available', 'xa'], 'xa'],
    ['offline', ['available'], undefined],
  ])('%s among %j is %s', (show, shows, nearest) => expect(nearestShow(show, shows)).toBe(nearest));

  it('as text', () => {
    expect(showText('dnd')).toBe('Busy');
    expect(showText('dnd', ' in a\nduel ')).toBe('in a duel');
  });
});

describe('roles', () => {
  it('go by the highest letter of the server', () => {
    expect(standingOf('vo', 'qaohv')).toEqual({ affiliation: 'admin', role: 'moderator' });
    expect(standingOf('Y', 'Yqaohv')).toEqual({ affiliation: 'admin', role: 'moderator' });
    expect(standingOf('', 'ov')).toEqual({ affiliation: 'none', role: 'participant' });
  });

  it.each<[Affiliation, string, string]>([
    ['owner', 'qaohv', 'q'],
    ['owner', 'ov', 'o'],
    ['admin', 'qaohv', 'o'],
    ['member', 'ov', 'v'],
    ['none', 'ov', ''],
    ['outcast', 'ov', ''],
  ])('%s among %s is the letter "%s"', (affiliation, order, letter) =>
    expect(letterOfAffiliation(affiliation, order)).toBe(letter),
  );

  it.each<[Role, string, string]>([
    ['moderator', 'qaohv', 'o'],
    ['participant', 'ov', 'v'],
    ['visitor', 'ov', ''],
    ['moderator', '', ''],
  ])('%s among %s is the letter "%s"', (role, order, letter) => expect(letterOfRole(role, order)).toBe(letter));
});

describe('forms', () => {
  it('hide what is hidden or secret', () => {
    const text = formText({
      title: 'Join',
      fields: [
        { name: 'FORM_TYPE', type: 'hidden', value: ['x'] },
        { name: 'pass', type: 'secret', value: ['hush'] },
        { name: 'n', type: 'note', value: ['Mind this.'] },
        { name: 'nick', label: 'Nick', type: 'text' },
        { name: 'c', type: 'choice', value: ['1'], options: [{ value: '1', label: 'one' }] },
      ],
    });
    expect(text).toBe('Join\nMind this.\nNick:\nc: one');
  });
});
