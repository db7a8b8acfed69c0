import { escapeText } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from './extension.ts';

const INTRO = `# What is implemented of XMPP

This page is rendered from the list of extensions in \`src/xmpp/xep/index.ts\` by \`npm run docs\`, with the version of each
specification that was read. RFC 6120, RFC 6121 and RFC 7622 are the ground that they stand on; XEP-0114 is the link to
the server.`;

const inOrder = (extensions: readonly Extension[]): Extension['xep'][] =>
  extensions.map(({ xep }) => xep).sort((a, b) => (a.number < b.number ? -1 : 1));

/** `docs/xeps.md`: every specification with the version that was read. Pure. */
export function renderXeps(extensions: readonly Extension[]): string {
  const rows = inOrder(extensions).map(
    ({ number, title, version, part = '' }) =>
      `| [${number}](https://xmpp.org/extensions/xep-${number}.html) | ${title} | ${version} | ${part} |`,
  );
  return `${INTRO}\n\n| XEP | title | version | what of it, where not all |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** `doap.xml`: the same as others collect it (XEP-0453). Pure. */
export function renderDoap(extensions: readonly Extension[], description: string): string {
  const supported = inOrder(extensions).map(
    ({ number, version, part }) => `    <implements>
      <xmpp:SupportedXep>
        <xmpp:xep rdf:resource='https://xmpp.org/extensions/xep-${number}.html'/>
        <xmpp:version>${version}</xmpp:version>
        <xmpp:status>${part === undefined ? 'complete' : 'partial'}</xmpp:status>${part === undefined ? '' : `\n        <xmpp:note>${escapeText(part)}</xmpp:note>`}
      </xmpp:SupportedXep>
    </implements>`,
  );
  const rfcs = ['6120', '6121', '7622'].map(
    (rfc) => `    <implements rdf:resource='https://xmpp.org/rfcs/rfc${rfc}.html'/>`,
  );
  return `<?xml version='1.0' encoding='UTF-8'?>
<rdf:RDF xmlns='http://usefulinc.com/ns/doap#' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'>
  <Project>
    <name>Isthmus</name>
    <shortdesc xml:lang='en'>${escapeText(description)}</shortdesc>
    <programming-language>TypeScript</programming-language>
    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-component'/>
${[...rfcs, ...supported].join('\n')}
  </Project>
</rdf:RDF>
`;
}

/** Another gateway, as it says itself or as it was looked into: what of it, and when. */
export type OtherGateway = {
  readonly name: string;
  readonly version: string;
  readonly read: string;
  readonly source: string;
  /** Titles by number. */
  readonly xeps: Readonly<Record<string, string>>;
};

const COMPARED = `# Extensions, side by side

What is implemented here ([xeps.md](xeps.md)) beside what other gateways name. That a number stands in a column says that
something of it is there, not how much or how well. How some of them behave: [compared-behaviour.md](compared-behaviour.md).
Of the others it was read:`;

/** `docs/compared.md`: each extension, and which gateways have something of it. Pure. */
export function renderCompared(extensions: readonly Extension[], others: readonly OtherGateway[]): string {
  const ours = new Map(extensions.map(({ xep }) => [xep.number, xep]));
  const titles = new Map(others.flatMap(({ xeps }) => Object.entries(xeps)));
  for (const [number, { title }] of ours) titles.set(number, title);
  const all = [...titles].sort(([a], [b]) => (a < b ? -1 : 1));
  const sources = others.map(({ name, version, read, source }) => `- ${name} ${version}, on ${read}: ${source}.`);
  const head = ['XEP', 'title', 'Isthmus', ...others.map(({ name }) => name)];
  const rows = all.map(([number, title]) => {
    const own = ours.get(number);
    const cells = [own ? own.version : '', ...others.map(({ xeps }) => (number in xeps ? 'yes' : ''))];
    return `| [${number}](https://xmpp.org/extensions/xep-${number}.html) | ${title} | ${cells.join(' | ')} |`;
  });
  const missing = all.filter(([number]) => !ours.has(number));
  const lacking = missing.map(([number, title]) => {
    const who = others.filter(({ xeps }) => number in xeps).map(({ name }) => name);
    return `- ${number} ${title} (${who.join(', ')})`;
  });
  return `${[
    COMPARED,
    sources.join('\n'),
    '## What they have and Isthmus has not',
    lacking.length === 0 ? 'Nothing.' : lacking.join('\n'),
    '## All',
    [row(head), row(head.map(() => '---')), ...rows].join('\n'),
  ].join('\n\n')}\n`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
