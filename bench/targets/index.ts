import type { Target } from '../target.ts';
import { biboumi } from './biboumi.ts';
import { fromPackage, fromSources, onPostgres } from './isthmus.ts';

/** The columns of the table, in order. */
export const usualTargets: readonly Target[] = [fromSources, biboumi(true), biboumi(false)];

/** All that can be asked for by name. */
export const targets: readonly Target[] = [fromPackage, onPostgres, ...usualTargets];
