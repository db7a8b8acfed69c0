import { createHash } from 'node:crypto';

/** RFC 7622 §3.3.1: the most bytes that a local part may have. */
const LOCAL_BYTES = 1023;
/** What one UTF-16 unit comes to at worst: three bytes of UTF-8, or an escape of XEP-0106. */
const UNIT_BYTES = 3;

const ALIAS = /^alias=[0-9a-f]{64}$/;

/** Whether a local part is an alias, as `aliasOf` makes them. */
export const isAlias = (local: string): boolean => ALIAS.test(local);

/** The name in a JID of a foreign address that is too long for one, or that looks like such a name itself. Pure. */
export const aliasOf = (id: string): string => `alias=${createHash('sha256').update(id).digest('hex')}`;

/** Whether the JID of a foreign address may have to be an alias. Cheap, and right for all that could. */
export const mayNeedAlias = (id: string): boolean => id.length * UNIT_BYTES > LOCAL_BYTES || isAlias(id);
