// Renders the pages of docs/ that are made from tables. Run by `npm run docs`; tests compare the result.
import { writeFileSync } from 'node:fs';
import { renderFeatures } from '#mappings/features.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';

const definitions = await Promise.all((await bridgeKinds()).map(findBridge));
writeFileSync(new URL('docs/features.md', import.meta.url), renderFeatures(definitions));
