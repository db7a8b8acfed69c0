// Renders the pages that are made from tables and lists. Run by `npm run docs`; tests compare the result.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderFeatures } from '#mappings/features.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { renderCompared, renderDoap, renderXeps } from '#src/xmpp/xep/pages.ts';

const write = (file, text) => writeFileSync(new URL(file, import.meta.url), text);
const { description } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

write('docs/features.md', renderFeatures(await Promise.all((await bridgeKinds()).map(findBridge))));
write('docs/xeps.md', renderXeps(extensions));
write('doap.xml', renderDoap(extensions, description));
const others = JSON.parse(readFileSync(new URL('docs/compared-others.json', import.meta.url), 'utf8'));
write('docs/compared.md', renderCompared(extensions, others));
