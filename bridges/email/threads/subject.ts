import { cleanName } from '#mappings/names.ts';

/** How long a subject may be in a conversation. */
const LONGEST = 200;

/** A subject without what mail programs put before it. Pure. */
export const plainSubject = (subject = ''): string =>
  cleanName(subject, LONGEST).replace(/^(?:(?:re|aw|fwd?|wg|antw|sv|tr|rif)(?:\[\d+\])?:\s*)+/i, '');
