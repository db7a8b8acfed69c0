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

/** Whether a text is what a pattern says; `*` stands for anything within it. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^<>]*?')}$`, 's').test(text);
}
