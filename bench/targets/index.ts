import type { Target } from '../target.ts';
import { biboumi } from './biboumi.ts';
import { isthmus } from './isthmus.ts';

/** The columns of the table, in order. */
export const targets: readonly Target[] = [isthmus, biboumi(true), biboumi(false)];
