import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
/** Collects all garbage at once: what is left after that does not depend on when the machine had time for it. */
export const collectGarbage = runInNewContext('gc') as () => void;
