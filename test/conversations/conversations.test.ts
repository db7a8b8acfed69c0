import { LARGE, playGolden } from './golden.ts';

playGolden((network) => !LARGE.includes(network));
