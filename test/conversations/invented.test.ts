import { playGolden } from './golden.ts';

playGolden((network) => network === 'invented');
