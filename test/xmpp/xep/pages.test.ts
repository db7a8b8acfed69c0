import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'ltx';
import { describe, expect, it } from 'vitest';
import { extensions } from '#src/xmpp/xep/index.ts';
import { renderCompared, renderDoap, renderXeps } from '#src/xmpp/xep/pages.ts';

const committed = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** The sources of extensions. */
const extensionFiles = (): { readonly file: string; readonly text: string }[] =>
  ['src/xmpp/xep/', 'src/xmpp/muc/'].flatMap((folder) =>
    readdirSync(new URL(`../../../${folder}`, import.meta.url)).map((file) => ({
      file,
      text: committed(folder + file),
    })),
  );

/** The first line of a file about one specification. */
const HEAD = /^\/\/ XEP-(\d{4}): .+?, version ([\d.]*\d)/;

describe('what is implemented', () => {
  it.each([
    ['docs/xeps.md', renderXeps(extensions)],
    ['docs/compared.md', renderCompared(extensions, JSON.parse(committed('docs/compared-others.json')))],
    ['doap.xml', renderDoap(extensions, JSON.parse(committed('package.json')).description)],
  ])('%s is rendered from the list', (file, text) => {
    expect(text, 'render it anew: npm run docs').toBe(committed(file));
  });

  it('doap.xml is XML, with every extension once', () => {
    const project = parse(committed('doap.xml')).getChild('Project');
    const supported = project?.getChildren('implements').flatMap((one) => one.getChildElements()) ?? [];
    expect(supported).toHaveLength(extensions.length);
  });

  it('opens each file with what it is about', () => {
    const wrong = extensionFiles().filter(({ text }) => text.includes(': Extension = {') && !HEAD.test(text));
    expect(wrong.map(({ file }) => file)).toEqual([]);
    for (const { file, text } of extensionFiles()) {
      const [, number, version] = HEAD.exec(text) ?? [];
      const said = extensions.filter(({ xep }) => text.includes(`number: '${xep.number}'`));
      for (const { xep } of said) expect([number, version], file).toEqual([xep.number, xep.version]);
    }
  });
});
