// XEP-0128: Service Discovery Extensions, version 1.0.1.
import type { Extension } from './extension.ts';

/** What discovery says in forms: each extension that has one gives it as `form`. */
export const discoExtensions: Extension = {
  xep: { number: '0128', title: 'Service Discovery Extensions', version: '1.0.1' },
};
