import { createHash } from 'node:crypto';
import { memo } from './memo.ts';

/** A name for a bare JID that does not show it to who does not know it. Nobody on a network can be called so (RFC 5122). */
export const pseudonymOf: (bare: string) => string = memo(
  1000,
  (bare) => `xmpp:${createHash('sha256').update(bare).digest('base64url')}`,
);
