import { type Element, parse } from 'ltx';

/** An element in one spelling: attributes in order, no space between elements. */
export function canonical(element: Element): string {
  const attributes = Object.entries(element.attrs)
    .filter(([name, value]) => value !== undefined && !(name === 'xmlns' && value === 'jabber:component:accept'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${name}='${value}'`)
    .join('');
  const children = element.children.map((child) => (typeof child === 'string' ? child : canonical(child))).join('');
  return `<${element.name}${attributes}>${children}</${element.name}>`;
}

/** The same for XML as a conversation writes it. */
export const canonicalXml = (text: string): string => canonical(parse(text));

const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

/**
 * What the names in a pattern stand for, if the text is what it says: `*` is anything within it, `{{name}}` anything
 * that is given that name.
 */
export function match(pattern: string, text: string): Readonly<Record<string, string>> | undefined {
  const parts = pattern.split(/(\*|\{\{\w+\}\})/).map((part) => {
    if (part === '*') return '[^<>]*?';
    const name = /^\{\{(\w+)\}\}$/.exec(part)?.[1];
    return name === undefined ? escaped(part) : `(?<${name}>[^<>]*?)`;
  });
  const found = new RegExp(`^${parts.join('')}$`, 's').exec(text);
  return found ? { ...found.groups } : undefined;
}

/** The text with every name that is known put in. */
export const filled = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => names.get(name) ?? whole);

/** What stanzas of rooms have alike: conversations that are not about it leave it out. */
const ALIKE = [/<occupant-id [^>]*><\/occupant-id>/g, /<status code='170'><\/status>/g];

/** What came without what the pattern does not speak of at all. */
export const spokenOf = (pattern: string, text: string): string =>
  ALIKE.reduce((left, alike) => (pattern.search(alike) < 0 ? left.replace(alike, '') : left), text);
