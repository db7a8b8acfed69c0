import { playGolden } from './golden.ts';

playGolden((network) => network === 'irc');
