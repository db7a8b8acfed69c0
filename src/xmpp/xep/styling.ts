// XEP-0393: Message Styling, version 1.1.1.
import type { Extension } from './extension.ts';

/** The syntax of texts between networks: `mappings/styling-xep0393.ts` reads and writes it. */
export const styling: Extension = {
  xep: { number: '0393', title: 'Message Styling', version: '1.1.1', part: 'between networks' },
};
