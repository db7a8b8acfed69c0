import fc from 'fast-check';
import type { Element } from 'ltx';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { createReader } from '#src/xmpp/stream/reader.ts';

const HEADER = `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'>`;

/** Any sequence of UTF-16 units, the troublesome ones often. */
const anything = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'<>&"\'\r\n\t]\0\x03\x1b\ufffe\uffff\ud83d\ude00 a;#x', ']]>', '&amp;', '&#0;', '😀'),
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** XML 1.0 §2.2, character by character. */
const isChar = (code: number): boolean =>
  code === 0x9 ||
  code === 0xa ||
  code === 0xd ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  code >= 0x10000;

const cleaned = (text: string): string =>
  [...text].map((char) => (isChar(char.codePointAt(0) ?? 0) ? char : '\ufffd')).join('');

type Tree = [name: string, attrs: Record<string, string>, ...children: (Tree | string)[]];

function addText(tree: Tree | undefined, text: string): void {
  if (!tree || text === '') return;
  const last = tree.at(-1);
  if (tree.length > 2 && typeof last === 'string') tree[tree.length - 1] = last + text;
  else tree.push(text);
}

/** The tree of a document as an independent parser sees it; throws where that one refuses. */
function oracle(document: string): Tree {
  const parser = new SaxesParser({ xmlns: true });
  const open: Tree[] = [];
  let root: Tree | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const tree: Tree = [name, Object.fromEntries(Object.entries(attributes).map(([key, { value }]) => [key, value]))];
    open.at(-1)?.push(tree);
    root ??= tree;
    open.push(tree);
  });
  parser.on('text', (text) => addText(open.at(-1), text));
  parser.on('cdata', (text) => addText(open.at(-1), text));
  parser.on('closetag', () => void open.pop());
  parser.write(document).close();
  if (!root) throw new Error('no document');
  return root;
}

function treeOf(element: Element): Tree {
  const tree: Tree = [element.name, { ...(element.attrs as Record<string, string>) }];
  for (const child of element.children) {
    if (typeof child === 'string') addText(tree, child);
    else tree.push(treeOf(child));
  }
  return tree;
}

/** What our reader makes of a stanza that comes in pieces. */
function ours(stanza: string, cuts: readonly number[]): Tree[] {
  const seen: Tree[] = [];
  const note = (element: Element): void => void seen.push(treeOf(element));
  const reader = createReader({ start() {}, stanza: note, nonza: note, oversize: note, end() {} });
  reader.write(Buffer.from(HEADER));
  const bytes = Buffer.from(stanza);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) reader.write(Buffer.from(bytes.subarray(places[i - 1], places[i])));
  return seen;
}

describe('XML that we write', () => {
  it('holds exactly the cleaned text, as text and in either kind of quotes', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const document = xml`<a b='${text}' c="${text}">${text}</a>`.text;
        const expected = cleaned(text);
        expect([...document].every((char) => isChar(char.codePointAt(0) ?? 0))).toBe(true);
        const tree = oracle(document);
        expect(tree[1]).toEqual({ b: expected, c: expected });
        expect(tree[2] ?? '').toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

const name = fc.constantFrom('a', 'body', 'x', 'p:y', 'q:z', 'né', '_1.2-3', 'xml:lang', 'constructor', '__proto__');
const value = fc
  .array(
    fc.constantFrom('a', ' ', '\n', '\t', '\r', '\r\n', '&lt;', '&#x41;', '&#13;', '&apos;', '>', 'é', '😀', ']', '/'),
  )
  .map((parts) => parts.join(''));
const attribute = fc
  .tuple(name, fc.constantFrom('"', "'"), value, fc.constantFrom(' ', '\n '), fc.constantFrom('=', ' = '))
  .map(([key, quote, text, space, equals]) => `${space}${key}${equals}${quote}${text}${quote}`);
const text = fc.oneof(
  value.filter((one) => !one.includes(']>')),
  value.map((one) => `<![CDATA[${one}]]>`),
);

/** Documents that are well-formed but for what chance adds: attributes that stand twice. */
const document = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      name.filter((one) => one !== 'xml:lang'),
      fc.array(attribute, { maxLength: 3 }),
      fc.array(fc.oneof({ maxDepth: 4 }, text, tie('element')), { maxLength: 4 }),
      fc.boolean(),
    )
    .map(([tag, attributes, children, short]) =>
      short && children.length === 0
        ? `<${tag}${attributes.join('')}/>`
        : `<${tag}${attributes.join('')}>${children.join('')}</${tag} >`,
    ),
})).element;

const stanza = document.map((inner) => `<message xmlns:p='urn:p' xmlns:q='urn:q' to='x'>${inner}</message>`);
/** Breaks a document at random, more often than not beyond repair. */
const broken = fc
  .tuple(
    stanza,
    fc.nat(),
    fc.nat({ max: 3 }),
    fc.constantFrom('', '<', '>', '&', '"', "'", '/', ':', '=', '<!--x-->', '\0', ' b="1"', ']]>'),
  )
  .map(([whole, at, less, more]) => {
    const place = at % whole.length;
    return (whole.slice(0, place) + more + whole.slice(place + less)).toWellFormed();
  });

const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe('the reader and an independent parser', () => {
  it('see the same tree, however the bytes are cut', () => {
    fc.assert(
      fc.property(stanza, cuts, (whole, places) => {
        let expected: Tree;
        try {
          expected = oracle(whole);
        } catch {
          expect(() => ours(whole, places)).toThrow();
          return;
        }
        expect(ours(whole, places)).toEqual([expected]);
      }),
      { numRuns: 2000 },
    );
  });

  it('never take for a stanza what is not well-formed', () => {
    fc.assert(
      fc.property(broken, cuts, (whole, places) => {
        let seen: Tree[] = [];
        try {
          seen = ours(whole, places);
        } catch {
          return; // Refusing more than XML does is allowed: comments, processing instructions, colons.
        }
        const [first] = seen;
        if (seen.length === 1 && first) expect(oracle(whole)).toEqual(first);
      }),
      { numRuns: 4000 },
    );
  });
});
