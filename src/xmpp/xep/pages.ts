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
