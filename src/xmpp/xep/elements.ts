import type { Element } from 'ltx';

/** The first child of this name and namespace. As `getChild`, without the list that it makes: messages are many. */
export function childOf(parent: Element, name: string, namespace: string | undefined): Element | undefined {
  for (const child of parent.children) {
    if (typeof child !== 'string' && child.getName() === name && child.getNS() === namespace) return child;
  }
  return undefined;
}

/** The children of this name in the element's own namespace (RFC 6120 §4.8.3). */
export function own(parent: Element, name: string): Element[] {
  const found: Element[] = [];
  for (const child of parent.children) {
    if (typeof child !== 'string' && child.getName() === name && child.getNS() === parent.getNS()) found.push(child);
  }
  return found;
}

/** The text of the first child of this name in the element's own namespace. */
export const ownText = (parent: Element, name: string): string | undefined =>
  childOf(parent, name, parent.getNS())?.getText();

/** The child elements, without the text between them. */
export const elements = (parent: Element): Element[] =>
  parent.children.filter((child): child is Element => typeof child !== 'string');
