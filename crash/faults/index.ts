import type { Fault } from './fault.ts';

/** By the names that `--fault` takes. */
export const faults: Readonly<Record<string, Fault>> = {};
