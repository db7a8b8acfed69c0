import type { Element } from 'ltx';
import type { Extension } from '#src/xmpp/xep/extension.ts';

/** What extensions do with children of a stanza. `order` is the extension's place in the list. */
type Entry<T> = { readonly namespace: string | undefined; readonly order: number; readonly value: T };
type ChildIndex<T> = ReadonlyMap<string, readonly Entry<T>[]>;

/** A child that an extension knows. */
type Match<T> = { readonly child: Element; readonly order: number; readonly value: T };

/** What extensions say of elements, by the elements' names. */
export function indexed<T>(
  extensions: readonly Extension[],
  of: (extension: Extension) => Readonly<Record<string, T>> | undefined,
): ChildIndex<T> {
  const index = new Map<string, Entry<T>[]>();
  for (const [order, extension] of extensions.entries()) {
    for (const [key, value] of Object.entries(of(extension) ?? {})) {
      const space = key.lastIndexOf(' ');
      const name = key.slice(space + 1);
      const entry = { namespace: space < 0 ? undefined : key.slice(0, space), order, value };
      index.set(name, [...(index.get(name) ?? []), entry]);
    }
  }
  return index;
}

/** Calls `use` with each child that the index knows, as they stand. Most messages have none or few of them. */
export function eachMatch<T>(
  parent: Element,
  index: ChildIndex<T>,
  use: (child: Element, entry: Entry<T>) => void,
): void {
  for (const child of parent.children) {
    if (typeof child === 'string') continue;
    const entries = index.get(child.getName());
    if (!entries) continue;
    const namespace = child.getNS();
    for (const entry of entries) if (namespace === (entry.namespace ?? parent.getNS())) use(child, entry);
  }
}

/** The children that the index knows, in the order of the extensions. */
export function matches<T>(parent: Element, index: ChildIndex<T>): readonly Match<T>[] {
  let found: Match<T>[] | undefined;
  eachMatch(parent, index, (child, { order, value }) => {
    found = insert(found ?? [], { child, order, value });
  });
  return found ?? NONE;
}

const NONE: readonly never[] = [];

/** They are two or three. */
function insert<T>(found: Match<T>[], match: Match<T>): Match<T>[] {
  let at = found.length;
  for (let before = found[at - 1]; before && before.order > match.order; before = found[at - 1]) found[at--] = before;
  found[at] = match;
  return found;
}
