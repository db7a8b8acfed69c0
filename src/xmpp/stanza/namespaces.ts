import type { Element } from 'ltx';
import { malformed, ReaderError } from '#src/xmpp/stream/reader-error.ts';

const NS_XML = 'http://www.w3.org/XML/1998/namespace';
const NS_XMLNS = 'http://www.w3.org/2000/xmlns/';

const unbound = (message: string): ReaderError => new ReaderError('bad-namespace-prefix', message);

/** Namespaces in XML 1.0 §3 and §5: what a prefix may be bound to. */
function checkDeclaration(prefix: string, namespace: string): void {
  const reserved = prefix === 'xmlns' || namespace === NS_XMLNS || (prefix === 'xml') !== (namespace === NS_XML);
  if (reserved || namespace === '') throw unbound('a prefix is bound to what it must not be bound to');
}

function namespaceOf(element: Element, prefix: string): string {
  const namespace = prefix === 'xml' ? NS_XML : prefix === 'xmlns' ? undefined : element.findNS(prefix);
  if (!namespace) throw unbound('a prefix is not bound');
  return namespace;
}

/** Checks every prefix in a start tag, and that no attribute stands twice under two prefixes of one namespace (§6.3). */
export function checkNames(element: Element): void {
  const seen = new Set<string>();
  for (const name in element.attrs) {
    const colon = name.indexOf(':');
    if (colon < 0) continue;
    const [prefix, local] = [name.slice(0, colon), name.slice(colon + 1)];
    if (prefix === 'xmlns') {
      checkDeclaration(local, element.attrs[name] ?? '');
      continue;
    }
    const expanded = `${namespaceOf(element, prefix)} ${local}`;
    if (seen.has(expanded)) throw malformed('an attribute stands twice');
    seen.add(expanded);
  }
  const colon = element.name.indexOf(':');
  if (colon > 0) namespaceOf(element, element.name.slice(0, colon));
}
